using System.Runtime.InteropServices;

namespace NvmeDoorbell.Model.Engine;

/// <summary>Who may take a step, and the switch to whoever does.</summary>
internal sealed unsafe partial class World
{
    /// <summary>A transition is a thread's number times this, plus a code below.</summary>
    public const int TransitionsPerThread = 64;

    /// <summary>The thread's next operation.</summary>
    public const int StepCode = 0;

    /// <summary>The arrival of the thread's store number n, n from 0, is this plus n.</summary>
    public const int DrainCode = 1;

    /// <summary>The thread's choice of way n is this plus n.</summary>
    public const int ChoiceCode = 32;

    public string NameOfThread(int id) => _threads[id].Name;

    public int ThreadCount => _threadCount;

    /// <summary>Whether the thread could go on now.</summary>
    public bool CanStep(int id) => IsEnabled(_threads[id]);

    /// <summary>Everything that the future depends on.</summary>
    public ulong StateKey()
    {
        ulong hash = _cells.Digest;
        foreach (ModelThread thread in _threads.AsSpan(0, _threadCount))
        {
            hash = Hash.Mix(hash, thread.Digest());
            if (thread.Pending != PendingStep.BarrierEnd || thread.IsFinished)
                continue;
            for (int id = 0; id < thread.BarrierThreads; id++)
                hash = Hash.Mix(hash, (ulong)_threads[id].Stores.CountBefore(thread.BarrierSequences[id]));
        }

        return hash;
    }

    /// <summary>Fills transitions with those possible now, the preferred thread's first; returns how many.</summary>
    public int Enabled(Span<ushort> transitions, int preferred)
    {
        int count = 0;
        if (preferred >= 0)
            AddSteps(_threads[preferred], transitions, ref count);
        for (int id = 0; id < _threadCount; id++)
        {
            if (id != preferred)
                AddSteps(_threads[id], transitions, ref count);
        }

        for (int id = 0; id < _threadCount; id++)
        {
            StoreBuffer stores = _threads[id].Stores;
            for (int index = 0; index < stores.Count; index++)
            {
                if (stores.CanDrain(index, Order))
                    transitions[count++] = (ushort)(id * TransitionsPerThread + DrainCode + index);
            }
        }

        return count;
    }

    /// <summary>Makes a thread; while the execution runs, it goes up to its first operation that others can see.</summary>
    public ModelThread StartThread(string name, Action body, bool isDaemon, Site site)
    {
        ModelThread? starter = _running;
        if (starter is not null)
        {
            CountStep(starter);
            Point(starter, PendingStep.Fenced, site);
            starter.Observe((ulong)_threadCount);
        }

        ModelThread thread = Thread(name, body);
        thread.IsDaemon = isDaemon;
        if (starter is null)
            return thread;
        Trace?.Add(starter.Name, $"starts {name}", site);
        thread.IsDynamic = true;
        thread.History = Hash.Mix(starter.History, (ulong)thread.Id);
        RunToFirstStep(thread, starter);
        _running = starter;
        return thread;
    }

    private static void AddSteps(ModelThread thread, Span<ushort> transitions, ref int count)
    {
        if (!IsEnabled(thread))
            return;
        int first = thread.Id * TransitionsPerThread;
        if (thread.Pending != PendingStep.Choose)
        {
            transitions[count++] = (ushort)(first + StepCode);
            return;
        }

        for (int way = 0; way < (int)thread.PendingValue; way++)
            transitions[count++] = (ushort)(first + ChoiceCode + way);
    }

    private static bool IsEnabled(ModelThread thread) => !thread.IsFinished && thread.Pending switch
    {
        PendingStep.Access or PendingStep.Choose => true,
        PendingStep.Fenced => thread.Stores.Count == 0,
        PendingStep.CompareExchange => Current.CanCompareExchange(thread),
        PendingStep.BarrierEnd => Current.HasBarrierPassed(thread),
        PendingStep.FutexWait => thread.IsWoken,
        PendingStep.Await => thread.Stores.Count == 0 && Raw(thread.PendingAddress, sizeof(uint)) != 0,
        PendingStep.LockEnter => thread.Stores.Count == 0 && Current.CanEnter(thread),
        PendingStep.Join => Current.CanJoin(thread),
        _ => HasSeenChange(thread),
    };

    /// <summary>Runs a new thread on its fiber until it is about to do what others can see, and comes back.</summary>
    private void RunToFirstStep(ModelThread thread, ModelThread? starter)
    {
        thread.StackPointer = Fiber.Prepare(thread.Id);
        _starting = thread;
        _starter = starter;
        _running = thread;
        if (starter is null)
            Fiber.Switch(ref _explorerStackPointer, thread.StackPointer);
        else
            Fiber.Switch(ref starter.StackPointer, thread.StackPointer);
        _starting = null;
    }

    /// <summary>The entry of every fiber.</summary>
    private void RunThread()
    {
        ModelThread thread = _running!;
        string? escaped = null;
        try
        {
            thread.Body();
        }
        catch (Exception exception)
        {
            escaped = exception.ToString();
        }

        if (escaped is not null)
            Fail($"{thread.Name} threw {escaped}");
        thread.IsFinished = true;
        if (_starting == thread)
            SwitchToStarter(thread);
        Dispatch(thread);
    }

    private void SwitchToStarter(ModelThread thread)
    {
        _starting = null;
        Fiber.Switch(ref thread.StackPointer, _starter is null ? _explorerStackPointer : _starter.StackPointer);
    }

    /// <summary>The running thread is about to do what others can see: gives every other step the chance to come first.</summary>
    private void Point(ModelThread thread, PendingStep step, Site site, nint address = 0, int lengthBytes = 0, ulong value = 0)
    {
        thread.Pending = step;
        thread.PendingLine = site.Line;
        thread.PendingAddress = address;
        thread.PendingLengthBytes = lengthBytes;
        thread.PendingValue = value;
        if (_hasThrown && Marshal.GetExceptionPointers() != 0)
            StayInHandler(thread);
        else if (_starting == thread)
            SwitchToStarter(thread);
        else
            Dispatch(thread);
        thread.BegunSequence = thread.Stores.NextSequence;
    }

    /// <summary>
    /// A fiber cannot be left while an exception of its is being handled: the step is taken at once, so what others might do
    /// before it is not explored.
    /// </summary>
    private void StayInHandler(ModelThread thread)
    {
        while (thread.Stores.Count != 0 && !IsEnabled(thread))
            Drain(thread, 0);
        if (!IsEnabled(thread))
            throw new NotSupportedException($"{thread.Name} waits while it handles an exception.");
    }

    /// <summary>Takes transitions until self is to go on, or for ever when the execution ends here.</summary>
    private void Dispatch(ModelThread? self)
    {
        for (; ; )
        {
            int transition = _explorer.Next(this, self?.Id ?? -1);
            if (transition < 0)
            {
                if (!_explorer.IsPruned)
                    CheckQuiescence();
                if (self is null)
                    return;
                Leave(self);
            }

            ModelThread thread = _threads[transition / TransitionsPerThread];
            int code = transition % TransitionsPerThread;
            if (code is >= DrainCode and < ChoiceCode)
            {
                Drain(thread, code - DrainCode);
                if (Failure is null)
                    continue;
                if (self is null)
                    return;
                Leave(self);
            }

            thread.Choice = code - ChoiceCode;
            _running = thread;
            if (thread == self)
                return;
            if (self is null)
                Fiber.Switch(ref _explorerStackPointer, thread.StackPointer);
            else
                Fiber.Switch(ref self.StackPointer, thread.StackPointer);
            return;
        }
    }

    /// <summary>Ends the execution: back to the explorer, never to return.</summary>
    private void Leave(ModelThread thread)
    {
        Fiber.Switch(ref thread.StackPointer, _explorerStackPointer);
        throw new InvalidOperationException("A thread of an execution that has ended was resumed.");
    }

    private void CheckQuiescence()
    {
        foreach (ModelThread thread in _threads.AsSpan(0, _threadCount))
        {
            if (thread.IsFinished || thread.IsDaemon)
                continue;
            Failure ??= thread.Pending switch
            {
                PendingStep.FutexWait => $"lost wake-up: {thread.Name} sleeps on a futex and nobody is left to wake it",
                PendingStep.Await => $"lost wake-up: {thread.Name} waits for a call that does not come",
                PendingStep.LockEnter => $"deadlock: {thread.Name} waits for a lock that is not left",
                PendingStep.Join => $"deadlock: {thread.Name} waits for {NameOfThread((int)thread.PendingValue)}, which does not end",
                PendingStep.Spin => $"deadlock: {thread.Name} turns for ever, nothing that it looks at changes any more",
                _ => $"deadlock: {thread.Name} cannot go on ({thread.Pending})",
            };
        }
    }
}
