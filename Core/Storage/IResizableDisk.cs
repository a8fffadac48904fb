namespace NvmeDoorbell.Storage;

/// <summary>A disk whose length can change while it is used.</summary>
/// <remarks>
/// The embedder calls <see cref="Resize"/>; whoever stands in front of the disk (a namespace) subscribes to
/// <see cref="LengthChanged"/> and reads <see cref="IDisk.LengthBytes"/> again. Requests that were submitted before are
/// carried out or answered with <see cref="DiskStatus.InternalError"/>, as if they had come afterwards. What lies beyond
/// a new, nearer end is lost; when the disk grows, what is added reads as zeroes or as it was there before.
/// </remarks>
public interface IResizableDisk : IDisk
{
    /// <summary>
    /// <see cref="IDisk.LengthBytes"/> has another value. Raised by <see cref="Resize"/> on the thread that called it,
    /// after the new length is in force, never two at once; a handler does not call <see cref="Resize"/>.
    /// </summary>
    event Action? LengthChanged;

    /// <summary>Changes the length. Any thread; may block, so not a reactor's.</summary>
    /// <param name="lengthBytes">A multiple of the block, and not 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">No length that this disk can have.</exception>
    /// <exception cref="NotSupportedException">A disk in front of one whose length is fixed.</exception>
    /// <exception cref="IOException">The disk's data has no room for it.</exception>
    /// <exception cref="ObjectDisposedException">The disk has been disposed.</exception>
    void Resize(ulong lengthBytes);
}
