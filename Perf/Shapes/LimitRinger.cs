using System.Runtime.CompilerServices;

namespace NvmeDoorbell.Perf.Shapes;

/// <summary>A plain store and a load of the same line, in C#.</summary>
internal readonly struct LimitRinger(uint[] values) : IRinger
{
    public const int StrideWords = 16;

    [MethodImpl(MethodImplOptions.NoInlining)]
    public bool Ring(int id, uint value)
    {
        var cell = id * StrideWords;
        if ((uint)(cell + 1) >= (uint)values.Length) return false;
        Volatile.Write(ref values[cell], value);
        return Volatile.Read(ref values[cell + 1]) == 0;
    }
}
