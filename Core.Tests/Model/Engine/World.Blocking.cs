namespace NvmeDoorbell.Model.Engine;

/// <summary>Fences, and everything that can make a thread wait.</summary>
internal sealed unsafe partial class World
{
    private const ulong WakeMark = 0x57;
    private const ulong SpuriousMark = 0x58;

    private readonly List<(nint Address, ModelThread Owner, int Depth)> _locks = [];

    /// <summary>How often each thread's sleep on a futex may end for no reason.</summary>
    public int SpuriousWakes { get; set; }

    /// <summary>Whether each sleep chooses who fences; else sleepers do.</summary>
    public bool ChoosesFences { get; set; }

    /// <summary>A full fence of the running thread's.</summary>
    public void Fence(Site site)
    {
        if (_running is not { } thread)
            return;
        CountStep(thread);
        if (thread.Stores.Count != 0)
            Point(thread, PendingStep.Fenced, site);
        thread.Observe(StoreMark);
        Trace?.Add(thread.Name, "full fence", site);
    }

    /// <summary>
    /// A fence on every thread of this process. Each thread meets it at a moment of its own: all that is certain is that,
    /// when it returns, stores begun before it began have arrived.
    /// </summary>
    /// <remarks>
    /// Stores that a thread has made since its last step that others can see count as not begun: they might as well come
    /// right after this, and the barrier is then free to end before they arrive, or after.
    /// </remarks>
    public void ProcessWideBarrier(Site site)
    {
        if (_running is not { } thread)
            return;
        CountStep(thread);
        Point(thread, PendingStep.Fenced, site);
        bool isPassed = true;
        foreach (ModelThread other in _threads.AsSpan(0, _threadCount))
        {
            thread.BarrierSequences[other.Id] = other.IsGuest ? 0 : other.BegunSequence;
            isPassed &= other.Stores.HasDrained(thread.BarrierSequences[other.Id]);
        }

        thread.BarrierThreads = _threadCount;
        thread.Observe(StoreMark);
        Trace?.Add(thread.Name, "process-wide barrier begins", site);
        if (!isPassed)
            Point(thread, PendingStep.BarrierEnd, site);
        Trace?.Add(thread.Name, "process-wide barrier ends", site);
    }

    /// <summary>Sleeps while the cell holds expected. False: it did not.</summary>
    public bool FutexWait(nint address, uint expected, Site site)
    {
        ModelThread thread = _running ?? throw new InvalidOperationException("Only threads of the model may sleep.");
        int cell = Begin(thread, address, writes: false, out _);
        Point(thread, PendingStep.Fenced, site);
        Touch(thread, address);
        uint bits = (uint)Raw(address, sizeof(uint));
        thread.Observe(TagOf(cell, bits, isReference: false));
        Trace?.Add(thread.Name, bits == expected ? $"futex wait on {Trace.Names.Of(address)}: sleeps" : $"futex wait on {Trace.Names.Of(address)}: it holds {bits}, no sleep", site);
        if (bits != expected)
            return false;
        thread.IsWoken = SpuriousWakes > 0 && thread.SpuriousWakes < SpuriousWakes;
        thread.WakeTag = SpuriousMark;
        Point(thread, PendingStep.FutexWait, site, address);
        if (thread.IsWoken && thread.WakeTag == SpuriousMark)
            thread.SpuriousWakes++;
        thread.IsWoken = false;
        thread.Observe(thread.WakeTag);
        Trace?.Add(thread.Name, "futex wait returns", site);
        return true;
    }

    /// <summary>Wakes up to count sleepers of the cell; returns how many.</summary>
    public int FutexWake(nint address, int count, Site site)
    {
        if (_running is not { } thread)
            return 0;
        CountStep(thread);
        Point(thread, PendingStep.Fenced, site);
        int woken = 0;
        foreach (ModelThread other in _threads.AsSpan(0, _threadCount))
        {
            if (woken == count || other.IsFinished || other.Pending != PendingStep.FutexWait || other.PendingAddress != address
                || (other.IsWoken && other.WakeTag != SpuriousMark))
            {
                continue;
            }

            other.IsWoken = true;
            other.WakeTag = _causal ? Hash.Mix(thread.History, 1) : WakeMark;
            woken++;
        }

        thread.Observe((ulong)woken);
        Trace?.Add(thread.Name, $"futex wake on {Trace.Names.Of(address)}: {woken} woken", site);
        return woken;
    }

    /// <summary>Waits until the flag is up, and takes it down: the scenarios' own way to sleep, in one step.</summary>
    public void Await(nint flag, Site site)
    {
        ModelThread thread = _running ?? throw new InvalidOperationException("Only threads of the model may sleep.");
        int cell = Begin(thread, flag, writes: true, out _);
        Point(thread, PendingStep.Await, site, flag);
        thread.Observe(StoreMark);
        Write(cell, flag, sizeof(uint), 0, TagFor(thread, 0, isReference: false), isReference: false);
        Trace?.Add(thread.Name, $"goes on: {Trace.Names.Of(flag)}", site);
    }

    /// <summary>As <see cref="Await"/>, but leaves the flag up.</summary>
    public void AwaitSet(nint flag, Site site)
    {
        ModelThread thread = _running ?? throw new InvalidOperationException("Only threads of the model may sleep.");
        int cell = Begin(thread, flag, writes: false, out _);
        Point(thread, PendingStep.Await, site, flag);
        thread.Observe(TagOf(cell, Raw(flag, sizeof(uint)), isReference: false));
        Trace?.Add(thread.Name, $"goes on: {Trace.Names.Of(flag)}", site);
    }

    /// <summary>
    /// The running thread stands where nothing but locals decides what it does next, so two of its states with equal ones are
    /// the same, whatever it was told before. Not when it is the cause that tells states apart.
    /// </summary>
    public void Forget(ulong locals, Site site)
    {
        if (_running is not { } thread || _causal)
            return;
        thread.SeenCount = 0;
        thread.History = Hash.Mix(Hash.Mix((ulong)thread.Id + 1, (ulong)site.Line), locals);
    }

    public void EnterLock(object target, Site site)
    {
        if (_running is not { } thread)
            return;
        nint address = AddressOf(target);
        int cell = Begin(thread, address, writes: true, out bool isVisible);
        if (isVisible || thread.Stores.Count != 0)
            Point(thread, PendingStep.LockEnter, site, address);
        int index = FindLock(address);
        if (index < 0)
            _locks.Add((address, thread, 1));
        else
            _locks[index] = _locks[index] with { Depth = _locks[index].Depth + 1 };
        thread.Observe(_cells.TagOf(cell, 0));
        _cells.Write(cell, Hash.Mix(thread.History, 2), 0);
        Trace?.Add(thread.Name, $"enters lock {Trace.Names.Of(address)}", site);
    }

    public void LeaveLock(object target, Site site)
    {
        if (_running is not { } thread)
            return;
        nint address = AddressOf(target);
        int cell = Begin(thread, address, writes: true, out bool isVisible);
        if (isVisible || thread.Stores.Count != 0)
            Point(thread, PendingStep.Fenced, site);
        int index = FindLock(address);
        if (index < 0 || _locks[index].Owner != thread)
            Fail($"{thread.Name} leaves a lock that it is not in");
        thread.Observe(StoreMark);
        if (--System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_locks)[index].Depth == 0)
            _locks.RemoveAt(index);
        _cells.Write(cell, Hash.Mix(thread.History, 3), 0);
        Trace?.Add(thread.Name, $"leaves lock {Trace.Names.Of(address)}", site);
    }

    public bool IsLockHeld(object target) => FindLock(AddressOf(target)) is var index && index >= 0 && _locks[index].Owner == _running;

    public void Join(ModelThread other, Site site)
    {
        if (_running is not { } thread)
            return;
        CountStep(thread);
        Point(thread, PendingStep.Join, site, value: (ulong)other.Id);
        thread.Observe(other.History);
        Trace?.Add(thread.Name, $"joins {other.Name}", site);
    }

    /// <summary>A turn of a waiting loop is over: the next comes when something that this one read has changed.</summary>
    public void Spin(Site site)
    {
        if (_running is not { } thread)
            return;
        CountStep(thread);
        Point(thread, PendingStep.Spin, site);
        thread.SeenCount = 0;
        thread.Observe(StoreMark);
        Trace?.Add(thread.Name, "waits a turn", site);
    }

    /// <summary>One of 0 to ways - 1, all of which are explored.</summary>
    public int Choose(int ways)
    {
        ModelThread thread = _running ?? throw new InvalidOperationException("Only threads of the model may choose.");
        CountStep(thread);
        Point(thread, PendingStep.Choose, default, value: (ulong)ways);
        thread.Observe((ulong)thread.Choice);
        Trace?.Add(thread.Name, $"chooses way {thread.Choice}", default);
        return thread.Choice;
    }

    private static nint AddressOf(object target) => System.Runtime.CompilerServices.Unsafe.As<object, nint>(ref target);

    private int FindLock(nint address)
    {
        for (int index = 0; index < _locks.Count; index++)
        {
            if (_locks[index].Address == address)
                return index;
        }

        return -1;
    }

    private bool CanEnter(ModelThread thread) =>
        FindLock(thread.PendingAddress) is var index && (index < 0 || _locks[index].Owner == thread);

    private bool CanJoin(ModelThread thread)
    {
        ModelThread other = _threads[thread.PendingValue];
        return other.IsFinished && other.Stores.Count == 0;
    }

    private bool HasBarrierPassed(ModelThread thread)
    {
        for (int id = 0; id < thread.BarrierThreads; id++)
        {
            if (!_threads[id].Stores.HasDrained(thread.BarrierSequences[id]))
                return false;
        }

        return true;
    }

    private static bool HasSeenChange(ModelThread thread)
    {
        if (thread.SeenCount == 0)
            return true;
        for (int index = 0; index < thread.SeenCount; index++)
        {
            (nint address, int lengthBytes, ulong bits) = thread.Seen[index];
            int own = thread.Stores.FindYoungest(address);
            if ((own >= 0 ? thread.Stores[own].Bits : Raw(address, lengthBytes)) != bits)
                return true;
        }

        return false;
    }
}
