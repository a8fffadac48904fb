using NvmeDoorbell.Spec;

namespace NvmeDoorbell.Controller;

/// <content>
/// Pause and resume. A pause begins nothing: no command is fetched, no event delivered, no wish of the registers followed
/// but that of a reset. What is under way ends, or stops where it can go on later: a self-test between two reads, the
/// erasing of a disk between two pieces. Then the controller is still: no disk has a request of it, and it touches no
/// memory of the guest's. Doorbells and registers are written meanwhile as ever, and found by the resume.
/// <code>
///             Pause                     drained, ended, held
///  running ──────────────▶ pausing ────────────────────────────▶ paused
///     ▲                       │ Resume                             │ Resume
///     └───────────────────────┴────────────────────────────────────┘
/// </code>
/// </content>
internal sealed partial class AdminTask
{
    private readonly Lock _requestsLock = new();
    private readonly List<StillRequest> _requests = []; // all that are not answered; under the lock
    private readonly List<StillRequest> _waits = []; // of those, the ones that this task knows; on its turn
    private bool _isPaused;
    private bool _isDrained;
    private bool _hasBeenStill;
    private int _pauses;
    private bool _isOver;

    /// <summary>It has been paused, and has become still. Any thread.</summary>
    public bool IsPaused => Volatile.Read(ref _hasBeenStill);

    /// <summary>Pauses. Any thread.</summary>
    /// <param name="done">Called once, on the task's turn or where it ends: true when the controller is still; false if
    /// it is resumed, or ends, before.</param>
    public void PostPause(Action<bool> done) => PostRequest(done, BeginPause);

    /// <summary>Runs something when the controller is still. Any thread.</summary>
    /// <param name="run">Called once, on the task's turn with true; with false if the controller is not paused, is
    /// resumed before, or ends.</param>
    public void PostWhenStill(Action<bool> run) => PostRequest(run, static () => { });

    /// <summary>Ends a pause. Any thread.</summary>
    public void PostResume() => Post(EndPause);

    private bool IsStill =>
        _isDrained
        && _phase != ControllerPhase.Resetting
        && _shutdown != ShutdownStatus.Occurring
        && _underWay == _events.Outstanding + _format.CountHeld(_enabling)
        && _selfTest.IsStill
        && _context.Subsystem.IsStill;

    private void PostRequest(Action<bool> done, Action begin)
    {
        var request = new StillRequest(done);
        lock (_requestsLock)
        {
            if (!_isOver)
                _requests.Add(request);
        }
        if (_isOver)
        {
            request.TryEnd(false);
            return;
        }
        Post(() =>
        {
            begin();
            if (_isPaused)
                _waits.Add(request);
            else
                End(request, false);
        });
    }

    private void BeginPause()
    {
        if (_isPaused)
            return;
        _isPaused = true;
        if (_phase == ControllerPhase.Enabled)
        {
            _submissions.Unfollow();
            _completions.Unfollow();
        }
        _selfTest.Pause();
        _context.Subsystem.SetPaused(_context.Member, true);
        PauseTasks();
    }

    private void PauseTasks()
    {
        _isDrained = false;
        int number = ++_pauses;
        _queues.PauseAll(() => _isDrained |= number == _pauses);
    }

    private void EndPause()
    {
        if (!_isPaused)
            return;
        _isPaused = _isDrained = false;
        _pauses++;
        Volatile.Write(ref _hasBeenStill, false);
        AnswerWaits(false);
        _context.Doorbells.UsePrepared();
        _queues.ResumeAll();
        _context.Subsystem.SetPaused(_context.Member, false);
        _selfTest.Resume();
        Volatile.Write(ref _mustLook, 1);
    }

    /// <summary>A turn of a pause: posts what ends, and answers who waits for the controller to be still.</summary>
    private bool Drain()
    {
        bool worked = false;
        if (!_hasBeenStill && _phase == ControllerPhase.Enabled)
        {
            LookAtHead();
            worked = PostEnded();
            _interrupt.Update(_posted, !_completions.IsEmpty);
            _posted = 0;
        }
        if (!IsStill)
            return worked;
        Volatile.Write(ref _hasBeenStill, true);
        return AnswerWaits(true) | worked;
    }

    private bool AnswerWaits(bool isStill)
    {
        if (_waits.Count == 0)
            return false;
        StillRequest[] waits = [.. _waits];
        _waits.Clear();
        foreach (StillRequest request in waits)
            End(request, isStill);
        return true;
    }

    private void End(StillRequest request, bool isStill)
    {
        lock (_requestsLock)
            _requests.Remove(request);
        request.TryEnd(isStill);
    }

    /// <summary>No turn will come any more: nobody is to wait for one.</summary>
    private void EndRequests()
    {
        StillRequest[] requests;
        lock (_requestsLock)
        {
            Volatile.Write(ref _isOver, true);
            requests = [.. _requests];
            _requests.Clear();
        }
        foreach (StillRequest request in requests)
            request.TryEnd(false);
    }

    private sealed class StillRequest(Action<bool> done)
    {
        private int _isEnded;

        public void TryEnd(bool isStill)
        {
            if (Interlocked.Exchange(ref _isEnded, 1) == 0)
                done(isStill);
        }
    }
}
