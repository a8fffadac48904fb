using NvmeDoorbell.Doorbells;

namespace NvmeDoorbell.Perf.Shapes;

/// <summary>A doorbell, and a reactor with one task that follows it.</summary>
internal sealed class Station : IDisposable
{
    private readonly FollowerTask _task;

    public Station(ReactorPolling polling, DoorbellBarrier barrier, int? cpu, Action<uint> passOn)
    {
        Reactor = new Reactor(new ReactorOptions { Polling = polling, Cpu = cpu });
        Memory = new DoorbellMemory(DoorbellMemory.MinCount, barrier: barrier);
        _task = new FollowerTask(Reactor, Memory.Open(0, DoorbellMemory.MaxLimit), passOn);
        _task.Start();
    }

    public Reactor Reactor { get; }

    public DoorbellMemory Memory { get; }

    /// <summary>Address of the word that the reactor parks on.</summary>
    // SAFETY: reads a field of the task's waker cell, which lives as long as the task.
    public unsafe nint ParkWord => (nint)(&((ReactorCell*)_task.Waker.Cell->Reactor)->Park);

    /// <summary>Spins until the reactor is about to sleep, or sleeps.</summary>
    // SAFETY: as above.
    public unsafe void AwaitPark()
    {
        while (Volatile.Read(ref *(uint*)ParkWord) != ReactorCell.Parked) Thread.SpinWait(1);
    }

    /// <summary>Rings the doorbell.</summary>
    public void Ring(uint value)
    {
        if (Memory.Ring(0, value) != RingResult.Ok) throw new InvalidOperationException("A ring was refused.");
    }

    public void Dispose()
    {
        _task.Dispose();
        Memory.Dispose();
        Reactor.Dispose();
    }
}
