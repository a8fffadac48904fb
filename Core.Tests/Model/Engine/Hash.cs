using System.Numerics;

namespace NvmeDoorbell.Model.Engine;

/// <summary>The 64-bit mixing behind state keys.</summary>
internal static class Hash
{
    public static ulong Mix(ulong hash, ulong value)
    {
        hash ^= value * 0x9E3779B97F4A7C15;
        hash = BitOperations.RotateLeft(hash, 29) * 0xBF58476D1CE4E5B9;
        return hash ^ (hash >> 32);
    }

    /// <summary>Avalanches all bits: for sums and exclusive-ors of several hashes.</summary>
    public static ulong Final(ulong value)
    {
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return value ^ (value >> 31);
    }
}
