namespace NvmeDoorbell.Model.Engine;

/// <summary>
/// The machine that the modelled program runs on: its threads, its memory with the stores under way, and the steps they can
/// take. One execution at a time; a scenario builds it anew each time, and the <see cref="Explorer"/> decides each step.
/// </summary>
internal sealed unsafe partial class World
{
    private const int MaxSteps = 4000;

    private readonly Explorer _explorer;
    private readonly Arena _arena = new();
    private readonly CellTable _cells;
    private readonly ModelThread[] _threads = new ModelThread[Fiber.MaxCount];
    private readonly List<Action> _checks = [];
    private readonly List<string> _results = [];
    private int _threadCount;
    private ModelThread? _running;
    private nint _explorerStackPointer;
    private ModelThread? _starting;
    private ModelThread? _starter;
    private bool _causal;
    private bool _hasThrown;

    public World(Explorer explorer)
    {
        _explorer = explorer;
        _cells = new CellTable(_arena);
        for (int id = 0; id < _threads.Length; id++)
            _threads[id] = new ModelThread(id);
        Fiber.Initialise(RunThread);
        AppDomain.CurrentDomain.FirstChanceException += (_, _) => _hasThrown = true;
        Current = this;
    }

    /// <summary>The machine that the aliases of <c>Volatile</c> and the others act on.</summary>
    public static World Current { get; private set; } = null!;

    public MemoryOrder Order { get; private set; }

    /// <summary>Set while a schedule is replayed to be read.</summary>
    public TraceLog? Trace { get; set; }

    /// <summary>Between executions, while finalizers run: memory reads as zeroes and keeps nothing.</summary>
    public bool IsIdle { get; set; }

    public string? Failure { get; private set; }

    public bool AssumptionBroken => _cells.AssumptionBroken;

    public int StepCount { get; private set; }

    /// <summary>What the executions have come to, where the scenario collects that: see <see cref="Result"/>.</summary>
    public IReadOnlyList<string> Results => _results;

    /// <summary>Whether code runs as a thread of the model; else it builds or checks, and its accesses act at once.</summary>
    public bool IsThreadRunning => _running is not null;

    public int RunningThreadId => _running?.Id ?? -1;

    public void BeginExploration(MemoryOrder order, bool causal)
    {
        Order = order;
        _causal = causal;
        _cells.ForgetSharing();
        SpuriousWakes = 0;
        ChoosesFences = false;
        BeginAgain();
    }

    /// <summary>Explores again with what has been learnt of the cells.</summary>
    public void BeginAgain() => _cells.AssumptionBroken = false;

    /// <summary>Runs build, then the threads it made until no step is left, then the checks it made.</summary>
    public void Execute(Action<World> build)
    {
        _arena.Reset();
        _cells.BeginExecution();
        _checks.Clear();
        _results.Clear();
        _threadCount = 0;
        _locks.Clear();
        _hasThrown = false;
        _running = null;
        Failure = null;
        StepCount = 0;
        build(this);
        int made = _threadCount;
        for (int id = 0; id < made && Failure is null && !AssumptionBroken; id++)
            RunToFirstStep(_threads[id], null);
        _running = null;
        if (Failure is null && !AssumptionBroken)
            Dispatch(null);
        _running = null;
        if (Failure is not null || _explorer.IsPruned || AssumptionBroken)
            return;
        foreach (Action check in _checks)
        {
            check();
            if (Failure is not null)
                return;
        }
    }

    /// <summary>Adds a thread of the device or of the virtual machine monitor.</summary>
    public ModelThread Thread(string name, Action body)
    {
        if (_threadCount == Fiber.MaxCount)
            throw new InvalidOperationException("Too many threads.");
        ModelThread thread = _threads[_threadCount++];
        thread.Reset(name, body);
        return thread;
    }

    /// <summary>Adds a thread that may be blocked for ever once all others have ended.</summary>
    public ModelThread Daemon(string name, Action body)
    {
        ModelThread thread = Thread(name, body);
        thread.IsDaemon = true;
        return thread;
    }

    /// <summary>Adds a thread of another process, which a process-wide barrier of ours does not reach.</summary>
    public ModelThread Guest(string name, Action body)
    {
        ModelThread thread = Thread(name, body);
        thread.IsGuest = true;
        return thread;
    }

    /// <summary>A check of what is left when no thread can take a step any more.</summary>
    public void AtEnd(Action check) => _checks.Add(check);

    /// <summary>One of the outcomes whose set the scenario states; called from a check at the end.</summary>
    public void Result(string outcome) => _results.Add(outcome);

    public void Register(object target, string name)
    {
        _cells.Register(target, name);
        Trace?.Names.Add(AddressOf(target), CellTable.CellsPerObject * Arena.GranuleBytes, name);
    }

    /// <summary>What traces call a cell, or an area of lengthBytes.</summary>
    public void Name(nint address, string name, int lengthBytes = 1) => Trace?.Names.Add(address, lengthBytes, name);

    public nint Allocate(nuint lengthBytes, nuint alignmentBytes) => _arena.Allocate(lengthBytes, alignmentBytes);

    public void Free(nint address)
    {
        int lengthBytes = _arena.Free(address);
        if (lengthBytes == 0)
            Fail("memory is freed that is not allocated, or freed twice");
        Share(address, lengthBytes);
    }

    /// <summary>From now on only guests touch the range: whoever else does, also by a store under way, fails.</summary>
    public void Revoke(nint address, int lengthBytes) => SetState(address, lengthBytes, GranuleState.Revoked);

    public void Restore(nint address, int lengthBytes) => SetState(address, lengthBytes, GranuleState.Live);

    /// <summary>Ends the execution with a failure. From a thread of the model it does not return.</summary>
    public void Fail(string what)
    {
        Failure ??= what;
        if (_running is { } thread)
            Leave(thread);
    }

    public void Check(bool condition, string what)
    {
        if (!condition)
            Fail(what);
    }

    private void SetState(nint address, int lengthBytes, GranuleState state)
    {
        Share(address, lengthBytes);
        _arena.SetState(address, lengthBytes, state);
    }

    /// <summary>The running thread changes who may touch a range.</summary>
    private void Share(nint address, int lengthBytes)
    {
        if (_running is not { } thread)
            return;
        _cells.Share(_arena.GranuleOf(address), lengthBytes / Arena.GranuleBytes);
        if (_cells.AssumptionBroken)
            Leave(thread);
    }

    /// <summary>A line in the trace, when there is one.</summary>
    public void Note(string text) => Trace?.Add(_running?.Name ?? "", text, default);
}
