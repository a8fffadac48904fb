using System.Runtime.CompilerServices;

namespace NvmeDoorbell.Perf.Shapes;

/// <summary>The doorbells of a managed shape.</summary>
internal readonly struct DoorbellRinger<T>(T[] doorbells) : IRinger
    where T : class, IDoorbell
{
    [MethodImpl(MethodImplOptions.NoInlining)]
    public bool Ring(int id, uint value)
    {
        if ((uint)id >= (uint)doorbells.Length) return false;
        doorbells[id].Ring(value);
        return true;
    }
}
