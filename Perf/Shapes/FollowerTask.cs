using NvmeDoorbell.Doorbells;

namespace NvmeDoorbell.Perf.Shapes;

/// <summary>A task that follows one doorbell and passes each value on.</summary>
internal sealed class FollowerTask(Reactor reactor, DoorbellState doorbell, Action<uint> passOn) : ReactorTask(reactor)
{
    protected override bool Turn()
    {
        if (doorbell.TryPoll(out var value) != DoorbellPoll.Ready) return false;
        passOn(value);
        return true;
    }

    protected override bool PrepareSleep()
    {
        doorbell.Arm(Waker);
        return doorbell.CanSleep;
    }

    protected override bool HasWork() => doorbell.HasChanged;
}
