namespace NvmeDoorbell.Storage;

/// <summary>
/// A disk in front of another that fails requests, holds them back, completes them out of order, twice, or not at all,
/// as a <see cref="DiskFaultPlan"/> says. For tests of what stands in front of a disk.
/// </summary>
/// <remarks>
/// Any thread. Unlike other disks it takes a lock. What it holds it hands to the disk behind on a thread of its own. A
/// doubled completion names the submission, so that it is caught; requests that the disk behind completes later by
/// itself are not doubled.
/// </remarks>
public sealed class FaultyDisk : IResizableDisk, ICancellingDisk, IThinDisk
{
    private static readonly TimeSpan StallTime = TimeSpan.FromMilliseconds(10);

    private readonly IDisk _inner;
    private readonly Lock _lock = new();
    private readonly RequestGate _gate = new();
    private readonly AutoResetEvent _work = new(false);
    private readonly List<Held> _held = [];
    private readonly List<Held> _stalled = [];
    private readonly List<Held> _kept = [];
    private readonly Thread _thread;
    // Changed under the lock.
    private DiskFaultPlan _plan;
    private Random _random;
    private DiskFaultStatistics _counts;
    private int _isDisposed;
    private bool _isEmpty;

    /// <summary>A faulty disk in front of a good one.</summary>
    /// <param name="inner">The disk behind; it is this one's from now on, and disposed with it.</param>
    /// <param name="plan">What goes wrong.</param>
    public FaultyDisk(IDisk inner, DiskFaultPlan plan)
    {
        ArgumentNullException.ThrowIfNull(inner);
        ArgumentNullException.ThrowIfNull(plan);
        (_inner, _plan) = (inner, plan);
        _random = new Random(plan.Seed);
        _thread = new Thread(Run) { IsBackground = true, Name = "faulty disk" };
        _thread.Start();
    }

    /// <inheritdoc/>
    public event Action? LengthChanged
    {
        add
        {
            if (_inner is IResizableDisk inner)
                inner.LengthChanged += value;
        }
        remove
        {
            if (_inner is IResizableDisk inner)
                inner.LengthChanged -= value;
        }
    }

    /// <inheritdoc/>
    public int BlockBytes => _inner.BlockBytes;

    /// <inheritdoc/>
    public ulong LengthBytes => _inner.LengthBytes;

    /// <inheritdoc/>
    public bool IsReadOnly => _inner.IsReadOnly;

    /// <inheritdoc/>
    public ulong? AllocatedBytes => (_inner as IThinDisk)?.AllocatedBytes;

    /// <summary>
    /// What goes wrong. A new plan holds from the next request on and begins its own sequence of choices; requests that
    /// are held or kept stay so.
    /// </summary>
    public DiskFaultPlan Plan
    {
        get
        {
            lock (_lock)
                return _plan;
        }
        set
        {
            ArgumentNullException.ThrowIfNull(value);
            lock (_lock)
                (_plan, _random) = (value, new Random(value.Seed));
        }
    }

    /// <summary>Whether the caller is its own thread, on which held requests go on.</summary>
    internal bool IsOwnThread => Thread.CurrentThread == _thread;

    /// <summary>What has gone wrong so far.</summary>
    public DiskFaultStatistics GetStatistics()
    {
        lock (_lock)
            return _counts with { Held = _held.Count + _stalled.Count + _kept.Count };
    }

    /// <inheritdoc/>
    public DiskStatus Submit(DiskRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (!_gate.TryEnter())
            return DiskStatus.Aborted;
        if (!TryHold(request, out Held now))
        {
            DiskStatus status = Do(now);
            _gate.Exit();
            return status;
        }
        _work.Set();
        return DiskStatus.Pending;
    }

    /// <inheritdoc/>
    /// <remarks>What it holds it gives up, with its second completion if there was to be one.</remarks>
    public bool TryCancel(DiskRequest request, ulong token)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (!TryTake(request, token, out Held held))
            return _inner is ICancellingDisk inner && inner.TryCancel(request, token);
        End(held, DiskStatus.Aborted);
        return true;
    }

    /// <inheritdoc/>
    public void Resize(ulong lengthBytes)
    {
        if (_inner is not IResizableDisk inner)
            throw new NotSupportedException("The length of the disk behind is fixed.");
        inner.Resize(lengthBytes);
    }

    /// <summary>Lets go of the requests that would never complete: they are done now.</summary>
    public void Release()
    {
        lock (_lock)
        {
            _held.AddRange(_kept);
            _kept.Clear();
        }
        _work.Set();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0)
            return;
        Release();
        _gate.CloseAndWait();
        Volatile.Write(ref _isEmpty, true);
        _work.Set();
        _thread.Join();
        _inner.Dispose();
        _work.Dispose();
    }

    private bool Chance(uint oneIn) => oneIn != 0 && _random.NextInt64(oneIn) == 0;

    private bool TryHold(DiskRequest request, out Held held)
    {
        lock (_lock)
        {
            held = new Held(request, request.Token, Fails: Chance(_plan.Fail), Twice: Chance(_plan.Twice));
            bool isReordered = Chance(_plan.Reorder);
            bool isKept = Chance(_plan.Never);
            bool isStalled = !isKept && Chance(_plan.Stall);
            List<Held>? list = isKept ? _kept : isStalled ? _stalled : isReordered || held.Twice ? _held : null;
            list?.Add(held);
            _counts = _counts with
            {
                Failed = _counts.Failed + (held.Fails ? 1 : 0),
                Kept = _counts.Kept + (isKept ? 1 : 0),
                Stalled = _counts.Stalled + (isStalled ? 1 : 0),
                Reordered = _counts.Reordered + (list == _held && isReordered ? 1 : 0),
            };
            return list is not null;
        }
    }

    private DiskStatus Do(in Held held) =>
        !held.Fails ? _inner.Submit(held.Request)
        : held.Request.Operation == DiskOperation.Read ? DiskStatus.ReadError
        : DiskStatus.WriteFault;

    private void Run()
    {
        while (!Volatile.Read(ref _isEmpty))
        {
            bool isTick = !_work.WaitOne(StallTime);
            while (TryTake(out Held held))
                Complete(held);
            if (isTick || Volatile.Read(ref _isDisposed) != 0)
                EndStalls();
        }
    }

    private void EndStalls()
    {
        lock (_lock)
        {
            if (_stalled.Count == 0 && (Volatile.Read(ref _isDisposed) == 0 || _kept.Count == 0))
                return;
            _held.AddRange(_stalled);
            _stalled.Clear();
            if (Volatile.Read(ref _isDisposed) != 0)
            {
                _held.AddRange(_kept); // submitted while Dispose began
                _kept.Clear();
            }
        }
        _work.Set();
    }

    private bool TryTake(out Held held)
    {
        lock (_lock)
        {
            held = default;
            if (_held.Count == 0)
                return false;
            int index = _random.Next(_held.Count);
            held = _held[index];
            _held.RemoveAt(index);
            return true;
        }
    }

    private bool TryTake(DiskRequest request, ulong token, out Held held)
    {
        lock (_lock)
        {
            foreach (List<Held> list in (ReadOnlySpan<List<Held>>)[_held, _stalled, _kept])
            {
                int index = list.FindIndex(held => held.Request == request && held.Token == token);
                if (index < 0)
                    continue;
                held = list[index];
                list.RemoveAt(index);
                return true;
            }
        }
        held = default;
        return false;
    }

    private void Complete(in Held held) => End(held, Do(held));

    private void End(in Held held, DiskStatus status)
    {
        if (status != DiskStatus.Pending)
        {
            held.Request.Complete(held.Token, status);
            if (held.Twice)
            {
                bool isTaken = held.Request.Complete(held.Token, DiskStatus.InternalError);
                lock (_lock)
                {
                    _counts = isTaken
                        ? _counts with { MissedTwice = _counts.MissedTwice + 1 }
                        : _counts with { CaughtTwice = _counts.CaughtTwice + 1 };
                }
            }
        }
        _gate.Exit();
    }

    private readonly record struct Held(DiskRequest Request, ulong Token, bool Fails, bool Twice);
}
