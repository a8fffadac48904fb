namespace NvmeDoorbell.Storage;

/// <summary>A disk that can end a request before its time: one that waits for something, or is stuck.</summary>
/// <remarks>
/// Asked where a host aborts a command, or is preempted with it (Preempt and Abort of a reservation), and at a reset; the
/// last two wait until the disk has answered. A disk that cannot do it for any request is no such disk: it implements
/// <see cref="IDisk"/> alone, and a host is told that its command was not aborted.
/// </remarks>
public interface ICancellingDisk : IDisk
{
    /// <summary>
    /// Asks to end a submission early. Called from a reactor's thread, at any time after
    /// <see cref="IDisk.Submit"/> has returned <see cref="DiskStatus.Pending"/>, also while or after the request is
    /// completed; it does not block and does not throw.
    /// </summary>
    /// <param name="request">The request. Only if it is the disk's still may the disk look at anything of it.</param>
    /// <param name="token">Its <see cref="DiskRequest.Token"/> at Submit: which submission is meant.</param>
    /// <returns>
    /// True: the disk will soon complete that submission, or has done so, once as ever: with
    /// <see cref="DiskStatus.Aborted"/> where it has been cut short (what a write has changed by then is undefined), with
    /// what it ended with where it was too late. Before that the disk lets go of the request's segments. False: the
    /// submission is not the disk's any more, or goes on as if nobody had asked.
    /// </returns>
    bool TryCancel(DiskRequest request, ulong token);
}
