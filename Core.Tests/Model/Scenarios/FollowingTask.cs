using NvmeDoorbell.Doorbells;
using NvmeDoorbell.Model.Engine;

namespace NvmeDoorbell.Model.Scenarios;

/// <summary>A reactor's task that takes the changes of one doorbell.</summary>
internal sealed class FollowingTask(World world, Reactor reactor, DoorbellState state) : ReactorTask(reactor)
{
    private bool _isTurning;

    public bool IsGone { get; set; }

    public void CheckTaken(uint value) =>
        world.Check(state.Value == value, $"lost wake-up: doorbell {state.Id} is at {state.Value} for its task, not at {value}");

    protected override bool Turn()
    {
        world.Check(!IsGone, "a turn after the task was taken from its reactor");
        world.Check(!_isTurning, "two turns at once");
        world.Check(Reactor.IsOwnThread, "a turn on a thread that the reactor does not know");
        _isTurning = true;
        bool worked = state.TryPoll(out _) == DoorbellPoll.Ready;
        _isTurning = false;
        return worked;
    }

    protected override bool PrepareSleep()
    {
        state.Arm(Waker);
        return state.CanSleep;
    }

    protected override bool HasWork() => state.HasChanged;
}
