using NvmeDoorbell.Doorbells;

namespace NvmeDoorbell.Tests.Fuzz;

/// <summary>
/// Doorbells alone. Hostile threads ring anything, open, wait, cancel, close and switch homes; two valid ringers must
/// see every last value arrive.
/// </summary>
internal sealed class DoorbellScenario : Scenario
{
    private const int Count = 128;
    private const int ValidRingers = 2;
    private const int OwnDoorbells = 4;

    /// <summary>From here on nobody waits.</summary>
    private const int FirstHostile = 64;

    private readonly FuzzRam _ram = new(drivers: 0);
    private readonly DoorbellMemory _doorbells = new(Count);
    private readonly Reactor _reactor = new(new ReactorOptions { PollMax = TimeSpan.FromMicroseconds(50) });
    private readonly Follower _follower;
    private readonly ThreadLocal<int> _own;
    private int _ownCount;

    public DoorbellScenario()
    {
        _follower = new Follower(_reactor, _doorbells);
        _own = new ThreadLocal<int>(() => ValidRingers + OwnDoorbells * (Interlocked.Increment(ref _ownCount) - 1));
    }

    public override IReadOnlyList<(string Name, Action<Worker> Step)> Companions =>
        [.. Enumerable.Range(0, ValidRingers).Select(id => ($"ringer {id}", (Action<Worker>)(worker => Ring(worker, id))))];

    public override void Attack(Worker worker)
    {
        FuzzRandom random = worker.Random;
        worker.Doing = "ringing";
        switch (random.Below(64u))
        {
            case 0:
                worker.Doing = "switching homes";
                if (random.OneIn(3))
                    _doorbells.UsePrivate();
                else
                    _doorbells.TryUseShadow(_ram.Memory, ShadowPage(random) & ~8191ul, ShadowPage(random) | 4096);
                break;
            case 1:
                _ram.Store(ShadowPage(random) + 4 * FirstHostile + 8 * (ulong)random.Below(32u), random.Odd());
                break;
            case 2 when random.OneIn(64):
                worker.Doing = "toggling a region";
                _ram.Toggle(random, Findings);
                break;
            case < 6:
                Wait(worker);
                break;
            case < 10:
                _doorbells.Kick((int)random.Odd());
                break;
            case < 20:
                _doorbells.Ring(Hostile((int)random.Odd()), (uint)random.Odd());
                break;
            default:
                // Another's doorbell too, but never back to the value that its wait began with.
                _doorbells.Ring(ValidRingers + random.Below(Count - ValidRingers), 1 + random.Below(63u));
                break;
        }
        worker.Count();
    }

    public override void Finish()
    {
        _follower.Dispose();
        _doorbells.Dispose();
        _ram.RemoveAll(Findings);
        // Waits that resumed on the reactor end there, after the doorbell has been closed.
        _reactor.Drive(() => _reactor.TaskCount == 0, TimeSpan.FromSeconds(30));
        Findings.Expect(_reactor.TaskCount == 0, $"{_reactor.TaskCount} tasks are left on the reactor");
        if (_reactor.TaskCount == 0)
            _reactor.Dispose();
        _ram.Dispose();
    }

    private static int Hostile(int id) => id is >= 0 and < FirstHostile ? FirstHostile : id;

    // Even ones for values, odd ones for EventIdx: a guest that exchanges the two under way loses its own rings.
    private static ulong ShadowPage(FuzzRandom random) => FuzzRam.ShadowBase + 4096ul * random.Below(17u);

    /// <summary>A wait on a doorbell of the thread's own, ended by a ring, a cancellation or a close: by one of them.</summary>
    private void Wait(Worker worker)
    {
        FuzzRandom random = worker.Random;
        worker.Doing = "opening";
        int id = _own.Value + random.Below(OwnDoorbells);
        if (id >= FirstHostile)
            return;
        DoorbellState state = _doorbells.Open(id, 65536);
        state.ResumeOn = random.Pick<ResumeOn>(Enum.GetValues<ResumeOn>());
        if (random.OneIn(3))
            state.ResumeOnReactor(_reactor);
        using var cancellation = new CancellationTokenSource();
        Task<DoorbellChange> wait = state.WaitAsync(cancellation.Token).AsTask();
        switch (random.Below(3u))
        {
            case 0:
                cancellation.Cancel();
                break;
            case 1:
                _doorbells.Ring(id, 70);
                break;
            default:
                _doorbells.Close(id);
                break;
        }
        worker.Doing = "waiting for a wait to end";
        while (!wait.IsCompleted)
            Thread.Yield();
        Findings.Expect(wait.IsCanceled || wait.IsCompletedSuccessfully, $"a wait has failed: {wait.Exception}");
        _doorbells.Close(id);
    }

    private void Ring(Worker worker, int id)
    {
        FuzzRandom random = worker.Random;
        uint value = 0;
        for (int burst = 1 + random.Below(4); burst > 0; burst--)
            _doorbells.Ring(id, value = random.Below(65536u));
        worker.Doing = $"waiting for doorbell {id} to be seen at {value}";
        while (_follower.Last(id) != value)
            Thread.Yield();
        worker.Count();
    }

    /// <summary>Follows the doorbells of the valid ringers.</summary>
    private sealed class Follower : ReactorTask
    {
        private readonly DoorbellState[] _states;
        private readonly uint[] _last = new uint[ValidRingers];

        public Follower(Reactor reactor, DoorbellMemory doorbells)
            : base(reactor)
        {
            _states = [.. Enumerable.Range(0, ValidRingers).Select(id => doorbells.Open(id, 65536))];
            Start();
        }

        public uint Last(int id) => Volatile.Read(ref _last[id]);

        protected override bool Turn()
        {
            bool any = false;
            for (int id = 0; id < _states.Length; id++)
            {
                if (_states[id].TryPoll(out uint value) != DoorbellPoll.Ready)
                    continue;
                Volatile.Write(ref _last[id], value);
                any = true;
            }
            return any;
        }

        protected override bool PrepareSleep()
        {
            foreach (DoorbellState state in _states)
                state.Arm(Waker);
            return true;
        }

        protected override bool HasWork() => Array.Exists(_states, state => state.HasChanged);
    }
}
