using System.Runtime.CompilerServices;
using NvmeDoorbell.Doorbells;

namespace NvmeDoorbell.Perf.Shapes;

/// <summary>
/// Our ring. Interleaved, the doorbells of two threads alternate, as a guest's queues do whose processors ring at the
/// same time: thread 0 has the even ones, thread 1 the odd ones.
/// </summary>
internal readonly struct HomeRinger(DoorbellMemory memory, bool interleaved) : IRinger
{
    [MethodImpl(MethodImplOptions.NoInlining)]
    public bool Ring(int id, uint value)
    {
        if (interleaved) id = ((id & (RingIdleShape<HomeRinger>.PerThread - 1)) << 1) | (id / RingIdleShape<HomeRinger>.PerThread);
        return memory.Ring(id, value) == RingResult.Ok;
    }
}
