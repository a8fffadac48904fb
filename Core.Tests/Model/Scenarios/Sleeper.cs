using NvmeDoorbell.Doorbells;
using NvmeDoorbell.Model.Engine;

namespace NvmeDoorbell.Model.Scenarios;

/// <summary>
/// A task that follows doorbells by polling with one waker: takes every change, sleeps when there is none, and runs again
/// when its waker is called. It may be left asleep at the end, but then nothing may be left that it has not seen.
/// </summary>
internal sealed unsafe class Sleeper
{
    private readonly World _world;
    private readonly DoorbellState[] _states;
    private readonly uint* _awake;
    private int _calls;

    public Sleeper(World world, string name, params DoorbellState[] states)
    {
        _world = world;
        _states = states;
        _awake = (uint*)world.Allocate(sizeof(uint), sizeof(uint));
        world.Name((nint)_awake, $"{name}'s wake-up");
        Waker = Shipped.Name(world, Waker.FromCallback(static sleeper => ((Sleeper)sleeper!).OnWake(), this), name);
        Thread = world.Daemon(name, Run);
        world.AtEnd(Check);
    }

    public Waker Waker { get; }

    public ModelThread Thread { get; }

    /// <summary>Whether the values of a doorbell never go down: its ringers ring in a row, and it goes round no queue.</summary>
    public bool Rises { get; init; }

    /// <summary>Called for each value taken.</summary>
    public Action<int, uint>? OnTake { get; init; }

    /// <summary>Looked at after the last look at the doorbells; true: there was something.</summary>
    public Func<bool>? TakeMore { get; init; }

    /// <summary>Every value that a poll handed out, in order; one list for all doorbells.</summary>
    public List<(int Id, uint Value)> Taken { get; } = [];

    public int Closed { get; private set; }

    /// <summary>How often the waker called.</summary>
    public int Calls => _calls;

    private void Run()
    {
        while (Closed < _states.Length)
        {
            _world.Forget(Locals(), new Site(nameof(Sleeper), 1));
            bool any = false;
            foreach (DoorbellState state in _states)
                any |= Take(state, state.Poll(Waker, out uint value), value);
            any |= TakeMore is not null && TakeMore();
            if (any)
                continue;
            _world.Await((nint)_awake, new Site(nameof(Sleeper), 0));
        }
    }

    private bool Take(DoorbellState state, DoorbellPoll look, uint value)
    {
        if (look == DoorbellPoll.Ready)
        {
            _world.Check(!Rises || Taken.TrueForAll(taken => taken.Id != state.Id || taken.Value < value),
                $"doorbell {state.Id} goes back to {value}");
            Taken.Add((state.Id, value));
            OnTake?.Invoke(state.Id, value);
        }

        if (look == DoorbellPoll.Closed)
            Closed++;
        return look != DoorbellPoll.Pending;
    }

    private void OnWake()
    {
        _calls++;
        // SAFETY: the waker is alive while it calls. The number of the sleep is in the bits above the state.
        _world.Check(_calls <= Waker.Cell->State / WakerCell.NextSleep, $"{Thread.Name} is called more often than it slept");
        Interlocked.Exchange(ref *_awake, 1);
    }

    private ulong Locals()
    {
        ulong locals = (ulong)(Closed * 16 + Calls) * 2 + (Waker.NeedsProcessWideFence ? 1u : 0u);
        foreach (DoorbellState state in _states)
            locals = Hash.Mix(locals, state.Value);
        foreach ((int id, uint value) in Taken)
            locals = Hash.Mix(locals, (uint)id << 16 | value);
        return locals;
    }

    private void Check()
    {
        if (Thread.IsFinished)
            return;
        foreach (DoorbellState state in _states)
            _world.Check(!state.HasChanged, $"lost wake-up: {Thread.Name} sleeps and has not seen the last of doorbell {state.Id}");
    }
}
