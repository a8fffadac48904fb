using NvmeDoorbell.Doorbells;
using NvmeDoorbell.Model.Engine;

namespace NvmeDoorbell.Model.Scenarios;

/// <summary>A reactor's task that takes the changes of its doorbells.</summary>
internal sealed class FollowingTask(World world, Reactor reactor, params DoorbellState[] states) : ReactorTask(reactor)
{
    private bool _isTurning;

    public bool IsGone { get; set; }

    public Action? AtTurn { get; init; }

    public void CheckTaken(uint value) =>
        world.Check(states[0].Value == value, $"lost wake-up: doorbell {states[0].Id} is at {states[0].Value} for its task, not at {value}");

    protected override bool Turn()
    {
        world.Check(!IsGone, "a turn after the task was taken from its reactor");
        world.Check(!_isTurning, "two turns at once");
        world.Check(Reactor.IsOwnThread, "a turn on a thread that the reactor does not know");
        _isTurning = true;
        AtTurn?.Invoke();
        bool worked = false;
        foreach (DoorbellState state in states)
            worked |= state.TryPoll(out _) == DoorbellPoll.Ready;
        _isTurning = false;
        return worked;
    }

    protected override bool PrepareSleep()
    {
        bool may = true;
        foreach (DoorbellState state in states)
        {
            state.Arm(Waker);
            may &= state.CanSleep;
        }

        return may;
    }

    protected override bool HasWork() => Array.Exists(states, state => state.HasChanged);
}
