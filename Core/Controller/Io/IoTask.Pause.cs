namespace NvmeDoorbell.Controller;

// Pause: nothing is fetched, what is under way ends as ever, and from then on no doorbell is looked at and no memory of the
// guest's touched. What cannot be posted, and a command whose other half is yet to be fetched, stay as they are.
internal sealed partial class IoTask
{
    private bool _isPaused;
    private Action? _drained;
    private bool _isRestored;

    /// <summary>Fetches nothing more until <see cref="Resume"/>.</summary>
    /// <param name="drained">Called when no disk has a request of this task; not after a resume.</param>
    public void Pause(Action drained)
    {
        if (_isStopped)
        {
            Stop(drained);
            return;
        }
        _isPaused = true;
        _drained = drained;
        // A ring is kept where it is stored: nobody need be woken for it now.
        _completions.Unfollow();
        foreach (IoQueue queue in _queues)
            queue.Submission.Unfollow();
    }

    /// <summary>Goes on: the turn that follows looks at every doorbell.</summary>
    public void Resume()
    {
        _isPaused = false;
        _drained = null;
        if (!_isRestored)
            return;
        // Whether the guest has been interrupted for what it has not consumed is not known: once more does no harm.
        _isRestored = false;
        _posted = _completions.IsEmpty ? 0 : 1;
        _mustInterrupt = true;
    }

    private void Drain()
    {
        if (_drained is not { } drained)
            return;
        int posted = _posted + _moderation.Release();
        _posted = 0;
        _mustInterrupt = false;
        _interrupt.Update(posted, !_completions.IsEmpty, atOnce: true); // nothing stays held back
        if (_reserved != CountParked())
            return;
        EndWork();
        _drained = null;
        drained();
    }

    /// <summary>Commands that are neither ended nor with a disk: those that no disk's answer will end.</summary>
    private int CountParked()
    {
        int count = 0;
        for (IoRequest? request = _held; request is not null; request = request.Link)
            count++;
        foreach (IoQueue queue in _queues)
            count += (int)queue.IsFusing;
        return count;
    }
}
