namespace NvmeDoorbell.Storage;

/// <summary>
/// What a namespace keeps its data on. Implement it to add a disk of your own.
/// </summary>
/// <remarks>
/// <para>The contract, which every disk here is tested against:</para>
/// <list type="number">
/// <item>A disk is a row of bytes, <see cref="LengthBytes"/> long, a multiple of <see cref="BlockBytes"/>. The
/// block does not change; the length does only where the disk is an <see cref="IResizableDisk"/>. Reading what was never
/// written gives zeroes, or whatever was there before the disk was opened.</item>
/// <item><see cref="Submit"/> is called from reactor threads, and from others while a namespace is formatted; several at
/// once, with any number of requests under way. It must not block for long: a reactor that waits serves nobody. It does
/// not throw. It allocates nothing per request, so that no garbage collection follows from I/O;
/// <see cref="DiskRequest.Next"/> is there for the disk's own lists.</item>
/// <item>It returns a final status, and then never completes that submission; or it returns
/// <see cref="DiskStatus.Pending"/> and calls <see cref="DiskRequest.Complete(DiskStatus)"/> exactly once, from any
/// thread, also before Submit has returned. After either the request is no longer the disk's: not to be touched.</item>
/// <item>Requests have no order among each other, but a read submitted after a write has completed sees that write, and
/// a flush covers every write, write zeroes and discard that completed before the flush was submitted. Requests that overlap while both are under
/// way may mix by bytes.</item>
/// <item>Offsets and lengths have been checked by the controller. A disk still must not crash, hang or touch anything
/// else when they are wrong: <see cref="DiskRequest.FitsIn"/> false is answered with
/// <see cref="DiskStatus.InternalError"/>. Segments are guest RAM: their bytes may change while they are read.</item>
/// <item>A write to a read-only disk is answered with <see cref="DiskStatus.WriteFault"/>, an operation that the disk
/// does not know with <see cref="DiskStatus.NotSupported"/>.</item>
/// <item><see cref="IDisposable.Dispose"/> waits until every request under way has been completed, then lets go. It may
/// be called again. Later requests are answered with <see cref="DiskStatus.Aborted"/>. It is not called from a
/// completion.</item>
/// <item>A disk that can end a request before its time is an <see cref="ICancellingDisk"/>.</item>
/// </list>
/// </remarks>
public interface IDisk : IDisposable
{
    /// <summary>
    /// Length of a logical block in bytes: a power of two, 512 at least. Requests are multiples of it.
    /// </summary>
    int BlockBytes { get; }

    /// <summary>Length in bytes, a multiple of <see cref="BlockBytes"/>, more than 0.</summary>
    ulong LengthBytes { get; }

    /// <summary>Writes are refused.</summary>
    bool IsReadOnly { get; }

    /// <summary>Starts, and maybe finishes, a request. See the contract above.</summary>
    /// <returns>The final status, or <see cref="DiskStatus.Pending"/>.</returns>
    DiskStatus Submit(DiskRequest request);
}
