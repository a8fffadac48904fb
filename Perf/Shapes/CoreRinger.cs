using System.Runtime.CompilerServices;
using NvmeDoorbell.Doorbells;

namespace NvmeDoorbell.Perf.Shapes;

/// <summary>Our ring from C#.</summary>
internal readonly struct CoreRinger(CoreDoorbells doorbells) : IRinger
{
    private readonly DoorbellMemory _memory = doorbells.Memory;

    [MethodImpl(MethodImplOptions.NoInlining)]
    public bool Ring(int id, uint value) => _memory.Ring(id, value) == RingResult.Ok;
}
