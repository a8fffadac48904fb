using System.Diagnostics;

namespace NvmeDoorbell.Doorbells;

// Who runs the fence between the rings and the sleeps of this waker, R3 and S3.
//
// Contract. The owner has begun a sleep, run a full fence of its own and, where it is asked for one, the process-wide
// barrier. Its look then finds the value of every ring that does not find it asleep.
//
// The word that a ring looks at last says Fenced where the ring has to fence and look again. It says so from the beginning of
// one sleep to that of another, whoever claims it meanwhile. A sleep that begins to say it runs the barrier as ever, which
// settles it: a ring that has read a word from before that, and did not fence, had stored its value earlier still, so the
// barrier has made that visible. Rings that read a later word fence. So the sleeps that follow leave the barrier out, until
//  - one does not say Fenced: it runs the barrier, as it did before;
//  - the waker follows another doorbell, whose rings may have looked at the waker that was there before: once more.
// SAFETY: the cell is the owner's until Dispose.
public sealed unsafe partial class Waker
{
    private FenceChoice _fences = new(Stopwatch.GetTimestamp());
    private bool _isAsymmetric; // some ring may leave the fence to the sleeper
    private bool _adapts = true; // no memory that it follows was made asymmetric for good
    private bool _isSettled;

    /// <summary>Whether the sleep that has begun needs the process-wide barrier.</summary>
    internal bool NeedsProcessWideFence => _isAsymmetric && !_isSettled;

    /// <summary>The owner is about to follow a doorbell of this memory.</summary>
    internal void Follow(DoorbellMemory memory)
    {
        _isAsymmetric |= memory.IsAsymmetric;
        _adapts &= memory.IsAdaptive;
        _isSettled = false;
    }

    /// <summary>Goes to SLEEPING, for an owner that sends nobody else to sleep with it.</summary>
    internal void BeginSleep() => BeginSleep(_fences.Ringers);

    /// <summary>S3, for an owner that sends nobody else to sleep with it.</summary>
    internal void FenceSleep()
    {
        Interlocked.MemoryBarrier();
        long barrierTicks = 0;
        if (NeedsProcessWideFence)
        {
            barrierTicks = StoreLoad.TimeProcessWideFence();
            Settle();
        }
        _fences.OnSleep(barrierTicks);
    }

    /// <summary>The process-wide barrier has been run since the sleep began.</summary>
    internal void Settle() => _isSettled = (Volatile.Read(ref _cell->State) & WakerCell.Fenced) != 0;

    /// <summary>The owner runs, and has not slept for long: rings need not fence for it.</summary>
    internal void EndFences()
    {
        uint state = Volatile.Read(ref _cell->State);
        if ((state & NotNumber) != (WakerCell.Running | WakerCell.Fenced)) return;
        _isSettled = false;
        Volatile.Write(ref _cell->State, state & ~WakerCell.Fenced);
    }
}
