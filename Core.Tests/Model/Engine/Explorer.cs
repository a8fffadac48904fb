using Clock = System.Diagnostics.Stopwatch;

namespace NvmeDoorbell.Model.Engine;

/// <summary>
/// Runs a scenario through every interleaving: depth first, each execution from the start, one step taken differently.
/// </summary>
/// <remarks>
/// A state is what every thread has been told so far, its stores under way, and the contents of memory. A state that has been
/// reached before is not explored again, so the work grows with the states, not with the paths that lead to them. States are
/// known by a 64-bit key: two that share one are taken for the same; among ten million the chance of any such pair is about
/// 3 in a million.
/// </remarks>
internal sealed class Explorer : IDisposable
{
    private const int MaxPath = 8192;
    private const long CollectAfterBytes = 12L << 20;
    private const long NoCollectionBytes = 16L << 20;

    private readonly World _world;
    private readonly StateSet _states = new();
    private readonly ushort[] _path = new ushort[MaxPath];
    private readonly ushort[] _enabled = new ushort[Fiber.MaxCount * World.TransitionsPerThread];
    private readonly List<Branch> _branches = [];
    private readonly List<ushort> _options = [];
    private int _position;
    private int _prefix;
    private int _preemptions;
    private int _bound;
    private bool _isReplay;
    private long _allocatedAtCollection;

    public Explorer() => _world = new World(this);

    /// <summary>The running execution has come to a state seen before.</summary>
    public bool IsPruned { get; private set; }

    /// <summary>
    /// Explores everything, or up to the first failure, or until limit. Preemptions beyond bound are left out; negative: none.
    /// A schedule fits only what was learnt of the cells when it was found: to replay one in another process, explore up to
    /// the same number of restarts first (maxRestarts).
    /// </summary>
    public Exploration Explore(Action<World> build, MemoryOrder order, bool causal, int bound, TimeSpan limit,
        int maxRestarts = int.MaxValue, Action<Exploration>? progress = null)
    {
        Exploration result = new() { Order = order, Bound = bound, IsCausal = causal };
        Clock watch = Clock.StartNew();
        TimeSpan nextReport = TimeSpan.FromSeconds(5);
        _bound = bound;
        _isReplay = false;
        _world.Trace = null;
        _world.BeginExploration(order, causal);
        Restart();
        HoldCollector();
        while (result.Restarts < maxRestarts)
        {
            RunOnce(build);
            result.Schedules++;
            result.Steps += _world.StepCount;
            if (_world.AssumptionBroken)
            {
                result.Restarts++;
                _world.BeginAgain();
                Restart();
                result.Outcomes.Clear();
                continue;
            }

            if (_world.Failure is { } failure)
            {
                result.Failure = failure;
                result.Schedule = Schedule.Format(_path.AsSpan(0, _position));
                break;
            }

            if (!IsPruned)
            {
                result.Ends++;
                foreach (string outcome in _world.Results)
                    result.Outcomes.Add(outcome);
            }

            if (!Advance())
            {
                result.IsExhausted = true;
                break;
            }

            if ((result.Schedules & 0x3FF) == 0)
            {
                result.States = _states.Count;
                result.Elapsed = watch.Elapsed;
                if (result.Elapsed > limit)
                    break;
                if (progress is not null && result.Elapsed > nextReport)
                {
                    nextReport = result.Elapsed + TimeSpan.FromSeconds(5);
                    progress(result);
                }
            }
        }

        ReleaseCollector();
        result.States = _states.Count;
        result.Elapsed = watch.Elapsed;
        return result;
    }

    /// <summary>
    /// Runs one schedule of what has just been explored and writes down what happens; where it ends early, the first thread
    /// that can goes on.
    /// </summary>
    public (TraceLog Trace, string? Failure) Replay(Action<World> build, string schedule)
    {
        ushort[] path = Schedule.Parse(schedule);
        TraceLog trace = new();
        _world.Trace = trace;
        Restart();
        path.CopyTo(_path.AsSpan());
        _prefix = path.Length;
        _isReplay = true;
        HoldCollector();
        RunOnce(build);
        ReleaseCollector();
        _world.Trace = null;
        return (trace, _world.Failure);
    }

    /// <summary>The next transition, or -1: the execution ends here.</summary>
    public int Next(World world, int running)
    {
        if (_position < _prefix)
            return FollowPrefix(world, running);
        int count = world.Enabled(_enabled, running);
        if (_bound >= 0 && running >= 0 && _preemptions >= _bound && world.CanStep(running))
            count = KeepWithinBound(count, running);
        if (count == 0)
            return -1;
        if (count > 1 && !_isReplay)
        {
            ulong key = world.StateKey();
            if (_bound >= 0)
                key = Hash.Mix(key, (ulong)(_preemptions * Fiber.MaxCount + running + 1));
            if (!_states.Add(key))
            {
                IsPruned = true;
                return -1;
            }

            _branches.Add(new Branch { Position = _position, FirstOption = _options.Count, Count = count, Taken = 1, Key = world.StateKey() });
            _options.AddRange(_enabled.AsSpan(0, count));
        }

        return Take(world, running, _enabled[0]);
    }

    public void Dispose() => _states.Dispose();

    private int FollowPrefix(World world, int running)
    {
        ushort transition = _path[_position];
        if (_isReplay)
        {
            int count = world.Enabled(_enabled, running);
            if (!_enabled.AsSpan(0, count).Contains(transition))
            {
                world.Fail($"the schedule does not fit: its step {_position + 1} is not possible here");
                return -1;
            }
        }
        else if (_position == _prefix - 1 && _branches[^1].Key != world.StateKey())
        {
            throw new InvalidOperationException("The scenario is not deterministic: the same steps led to another state.");
        }

        return Take(world, running, transition);
    }

    private int Take(World world, int running, ushort transition)
    {
        if (_position == MaxPath)
            throw new InvalidOperationException("An execution takes too many steps.");
        if (_bound >= 0 && running >= 0 && IsStepOfOther(transition, running) && world.CanStep(running))
            _preemptions++;
        _path[_position++] = transition;
        return transition;
    }

    private static bool IsStepOfOther(int transition, int running) =>
        transition / World.TransitionsPerThread != running
        && transition % World.TransitionsPerThread is World.StepCode or >= World.ChoiceCode;

    private int KeepWithinBound(int count, int running)
    {
        int kept = 0;
        for (int index = 0; index < count; index++)
        {
            if (!IsStepOfOther(_enabled[index], running))
                _enabled[kept++] = _enabled[index];
        }

        return kept;
    }

    private void RunOnce(Action<World> build)
    {
        _position = 0;
        _preemptions = 0;
        IsPruned = false;
        if (GC.GetAllocatedBytesForCurrentThread() - _allocatedAtCollection > CollectAfterBytes)
        {
            ReleaseCollector();
            HoldCollector();
        }

        _world.Execute(build);
    }

    /// <summary>The last step that can be taken differently is; false when there is none.</summary>
    private bool Advance()
    {
        while (_branches.Count > 0)
        {
            Branch branch = _branches[^1];
            if (branch.Taken < branch.Count)
            {
                _path[branch.Position] = _options[branch.FirstOption + branch.Taken];
                branch.Taken++;
                _branches[^1] = branch;
                _prefix = branch.Position + 1;
                return true;
            }

            _options.RemoveRange(branch.FirstOption, _options.Count - branch.FirstOption);
            _branches.RemoveAt(_branches.Count - 1);
        }

        return false;
    }

    private void Restart()
    {
        _states.Clear();
        _branches.Clear();
        _options.Clear();
        _prefix = 0;
    }

    private void HoldCollector()
    {
        // Finalizers of the program under test run now, while no fiber exists, and find memory that holds nothing.
        _world.IsIdle = true;
        GC.Collect();
        GC.WaitForPendingFinalizers();
        _world.IsIdle = false;
        if (!GC.TryStartNoGCRegion(NoCollectionBytes))
            throw new InvalidOperationException("The runtime does not let the collector be held.");
        _allocatedAtCollection = GC.GetAllocatedBytesForCurrentThread();
    }

    private static void ReleaseCollector()
    {
        if (System.Runtime.GCSettings.LatencyMode != System.Runtime.GCLatencyMode.NoGCRegion)
            throw new InvalidOperationException("Memory was collected while fibers existed: the execution allocates too much.");
        GC.EndNoGCRegion();
    }

    private struct Branch
    {
        public int Position;
        public int FirstOption;
        public int Count;
        public int Taken;
        public ulong Key;
    }
}
