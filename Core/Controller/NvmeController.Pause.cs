namespace NvmeDoorbell.Controller;

/// <content>Pause and resume.</content>
public sealed partial class NvmeController
{
    /// <summary>
    /// It is paused: no disk has a request of it, it touches no guest memory, and nothing begins until
    /// <see cref="Resume"/>.
    /// </summary>
    public bool IsPaused => _admin.IsPaused;

    /// <summary>
    /// Pauses the controller: nothing is fetched any more, what is under way ends, what takes long (a self-test, a format,
    /// a sanitize operation) stops where it can go on later. Accesses of the guest's are taken meanwhile: doorbell and
    /// register writes are kept and followed after <see cref="Resume"/>, a reset is carried out at once.
    /// </summary>
    /// <remarks>
    /// Where several controllers share a subsystem, formats and sanitize operations stop when all of them are paused.
    /// </remarks>
    /// <returns>
    /// Completed when the controller is paused; cancelled if it is resumed or disposed before. It waits for as long as
    /// disks take to answer.
    /// </returns>
    /// <exception cref="ObjectDisposedException">The controller has been disposed.</exception>
    public Task PauseAsync()
    {
        var paused = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        StartPause(isPaused =>
        {
            if (isPaused)
                paused.TrySetResult();
            else
                paused.TrySetCanceled();
        });
        return paused.Task;
    }

    /// <summary>As <see cref="PauseAsync"/>, with a callback in the place of a task.</summary>
    /// <param name="done">Called once, on a reactor's thread or in <see cref="Dispose"/>, and does not block: true where the
    /// controller is paused, false where it is resumed or disposed before.</param>
    /// <exception cref="ObjectDisposedException">The controller has been disposed.</exception>
    public void StartPause(Action<bool> done)
    {
        ArgumentNullException.ThrowIfNull(done);
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _isDisposed) != 0, this);
        _admin.PostPause(done);
    }

    /// <summary>As <see cref="PauseAsync"/>, and returns when the controller is paused.</summary>
    /// <param name="timeout">The longest that it waits; null: 10 s.</param>
    /// <exception cref="InvalidOperationException">Called from a reactor's own thread, or resumed before it was
    /// paused.</exception>
    /// <exception cref="TimeoutException">A disk has kept a request for longer. The controller goes on pausing: call
    /// again, or <see cref="Resume"/>.</exception>
    /// <exception cref="ObjectDisposedException">The controller has been disposed.</exception>
    public void Pause(TimeSpan? timeout = null)
    {
        ReactorWait.ThrowIfOn(Options.Reactors);
        Task paused = PauseAsync();
        ReactorWait.Until(Options.Reactors, () => paused.IsCompleted, "A disk has kept a request.", timeout);
        if (paused.IsCanceled)
            throw new InvalidOperationException("The controller has been resumed meanwhile.");
    }

    /// <summary>
    /// Ends a pause, or one that is under way: every doorbell is looked at, and whatever was stopped goes on. Does not
    /// wait; on a controller that is not paused it does nothing.
    /// </summary>
    public void Resume() => _admin.PostResume();
}
