namespace NvmeDoorbell.Controller;

/// <summary>
/// Lets one pair of commands at a time (Compare and Write, fused) have its blocks of a namespace to itself: between its
/// first read and the end of its write no other command reads or changes them, whichever queue, task or controller it
/// comes from. Any thread.
/// </summary>
/// <remarks>
/// <para>
/// Other commands pay nothing for it: no lock, no shared write, one load of a word that is 0 while no pair is under way.
/// The pair pays:
/// </para>
/// <code>
///   pair: Enter                                      another command, on its task
///   1 publish the range                              1 look whether a range is published
///   2 ask every task that may have it                2 none that it overlaps: to the disk, in this same turn
///   3 wait for their answers                         3 else: park
///   4 read, compare, write
///   5 Leave: withdraw the range, release the parked
/// </code>
/// <para>
/// A task answers between two turns' commands, when none of its requests on the range is with the disk. A command whose
/// look missed the range has gone to the disk in a turn before the one that takes the question, so it is seen there; one
/// whose look comes after the question sees the range: the question's list carries it (the push releases, the take
/// acquires). So there is no command on the range from 3 on but the pair's.
/// </para>
/// <para>
/// Pairs take turns in the order in which they came. A released command does not park again for the next pair: it counts
/// as with the disk from its release on, so pairs without end do not keep it waiting. What is parked or waits here looks
/// to its task as if a disk had it, and comes back by the list of the completed.
/// </para>
/// </remarks>
/// <param name="setOpen">Called under the lock with whether a range is published.</param>
internal sealed class AtomicSection(Action<bool> setOpen)
{
    private readonly Lock _lock = new();
    private readonly List<IoTaskSet> _asked = [];
    private readonly Queue<IoRequest> _pairs = new();
    private readonly List<IoRequest> _parked = [];

    // Made once for each task that there is at a time; free again before the next pair is let in.
    private readonly List<AtomicQuestion> _questions = [];

    private IoRequest? _owner;
    private ulong _offsetBytes;
    private ulong _lengthBytes;
    private int _unanswered;
    private int _questionCount;

    /// <summary>A controller has the namespace from now on: its tasks are asked.</summary>
    public void Attach(IoTaskSet tasks)
    {
        lock (_lock)
        {
            _asked.RemoveAll(static other => other.IsClosed);
            if (!_asked.Contains(tasks))
                _asked.Add(tasks);
        }
    }

    /// <summary>
    /// A pair wants the blocks that its first request's buffer names. That request is resumed when it has them, and must
    /// leave.
    /// </summary>
    public void Enter(IoRequest first)
    {
        lock (_lock)
        {
            if (_owner is null)
                Open(first);
            else
                _pairs.Enqueue(first);
        }
    }

    /// <summary>The pair has ended.</summary>
    public void Leave()
    {
        lock (_lock)
        {
            // Before the next pair's questions: they find what has been released.
            foreach (IoRequest request in _parked)
            {
                request.ReleasedBy = this;
                request.Resume();
            }
            _parked.Clear();
            if (_pairs.TryDequeue(out IoRequest? next))
            {
                Open(next);
                return;
            }
            _owner = null;
            setOpen(false);
        }
    }

    /// <summary>Parks a command that overlaps the pair's blocks. False: it does not; on with it in this same turn.</summary>
    public bool TryPark(IoRequest request)
    {
        lock (_lock)
        {
            if (_owner is null || _owner == request || !Overlaps(request))
                return false;
            _parked.Add(request);
            return true;
        }
    }

    /// <summary>
    /// Whether a request of the caller's task must end before the pair goes on. Only for who has been asked, until it
    /// answers: the range stays the same meanwhile.
    /// </summary>
    public bool Awaits(IoRequest request)
    {
        if (!request.IsTaken)
            return false;
        AtomicSection? section = request.IsInFlight ? request.Namespace?.Blocks.Section : request.ReleasedBy;
        return section == this && Overlaps(request);
    }

    /// <summary>Asks a task. For the task's set, while a pair is let in.</summary>
    public void Ask(IoTask task)
    {
        if (_questionCount == _questions.Count)
            _questions.Add(new AtomicQuestion(this));
        Interlocked.Increment(ref _unanswered);
        task.Ask(_questions[_questionCount++]);
    }

    /// <summary>A task has nothing that the pair awaits.</summary>
    public void OnAnswer()
    {
        if (Interlocked.Decrement(ref _unanswered) == 0)
            _owner!.Resume();
    }

    private bool Overlaps(IoRequest request) =>
        request.OffsetBytes < _offsetBytes + _lengthBytes && _offsetBytes < request.OffsetBytes + request.LengthBytes;

    private void Open(IoRequest first)
    {
        _owner = first;
        _offsetBytes = first.Buffer!.OffsetBytes;
        _lengthBytes = first.Buffer.LengthBytes;
        setOpen(true);
        // One for ourselves: nobody's answer is the last while others are still to be asked.
        _unanswered = 1;
        _questionCount = 0;
        foreach (IoTaskSet tasks in _asked)
            tasks.Ask(this);
        OnAnswer();
    }
}
