using NvmeDoorbell.Memory;

namespace NvmeDoorbell.Storage;

/// <summary>
/// What a file disk does beside moving data: a thread that syncs, zeroes, discards, and copies what direct I/O cannot
/// take.
/// </summary>
/// <remarks>
/// Requests that came together share a sync: those that need one are kept until all else of the batch is done. A sync
/// that has failed has made the system forget what it could not write; it would report success the next time, so that
/// the failure stays for as long as the file is open.
/// </remarks>
internal sealed class FileUpkeep : IDisposable
{
    private const uint BufferBytes = 256 * 1024;

    private readonly FileChannel _channel;
    private readonly Action<DiskRequest, DiskStatus> _ended;
    private readonly NativeBlock _zeroes = new(BufferBytes, GuestMemory.PageBytes);
    private readonly NativeBlock? _bounce;
    private readonly DiskWorker _worker;

    private readonly Lock _syncing = new();

    // Under the lock: success until a sync fails, then that one's status for ever.
    private DiskStatus _synced = DiskStatus.Success;

    // The worker's alone.
    private bool _cannotZero;
    private bool _cannotPunch;

    /// <param name="channel">The file.</param>
    /// <param name="ended">Takes a request that has ended, on the thread.</param>
    public FileUpkeep(FileChannel channel, Action<DiskRequest, DiskStatus> ended)
    {
        (_channel, _ended) = (channel, ended);
        if (channel.Alignment.IsDirect)
            _bounce = new NativeBlock(BufferBytes, GuestMemory.PageBytes);
        _worker = new DiskWorker("nvmedb file sync", Run);
    }

    /// <summary>The caller is the thread.</summary>
    public bool IsCurrent => _worker.IsCurrent;

    /// <summary>
    /// Hands over a flush, write zeroes or discard, a write that has only to be made durable, or a read or write that
    /// does not fit the file's alignment.
    /// </summary>
    public void Enqueue(DiskRequest request) => _worker.Enqueue(request);

    /// <summary>Makes durable what has been written. Any thread.</summary>
    public DiskStatus Sync()
    {
        // The system tells a failure once: nobody is told of a success after it, before it has been noted.
        lock (_syncing)
        {
            if (_synced != DiskStatus.Success)
                return _synced;
            long result;
            do
                result = _channel.Sync();
            while (result == -FileError.Interrupted);
            if (result < 0)
                _synced = FileError.ToStatus(result, DiskStatus.WriteFault);
            return _synced;
        }
    }

    public void Dispose()
    {
        _worker.Dispose();
        _zeroes.Dispose();
        _bounce?.Dispose();
    }

    private void Run(DiskRequest first)
    {
        DiskRequest? unsynced = null;
        for (DiskRequest? request = first; request is not null;)
        {
            DiskRequest? next = request.Next;
            DiskStatus status = Do(request);
            if (status == DiskStatus.Success && IsSynced(request))
            {
                request.Next = unsynced;
                unsynced = request;
            }
            else
            {
                _ended(request, status);
            }
            request = next;
        }
        if (unsynced is null)
            return;
        DiskStatus synced = Sync();
        while (unsynced is not null)
        {
            DiskRequest request = unsynced;
            unsynced = request.Next;
            _ended(request, synced);
        }
    }

    private static bool IsSynced(DiskRequest request) => request.Operation switch
    {
        DiskOperation.Flush => true,
        DiskOperation.Write or DiskOperation.WriteZeroes => request.ForceUnitAccess,
        _ => false,
    };

    private DiskStatus Do(DiskRequest request) => request.Operation switch
    {
        DiskOperation.WriteZeroes => WriteZeroes(request),
        DiskOperation.Discard => Discard((long)request.OffsetBytes, (long)request.LengthBytes),
        DiskOperation.Read or DiskOperation.Write when !_channel.Alignment.Fits(request) =>
            FileTransfer.RunThrough(_bounce!, _channel, request),
        _ => DiskStatus.Success,
    };

    private DiskStatus WriteZeroes(DiskRequest request)
    {
        (long offset, long lengthBytes) = ((long)request.OffsetBytes, (long)request.LengthBytes);
        DiskStatus status = request.MayDeallocate ? Discard(offset, lengthBytes) : DiskStatus.NotSupported;
        if (status == DiskStatus.NotSupported)
            status = ZeroRange(offset, lengthBytes);
        return status == DiskStatus.NotSupported
            ? FileTransfer.WriteZeroes(_channel, _zeroes, request.OffsetBytes, request.LengthBytes)
            : status;
    }

    // A hole beyond the end of a file that somebody has cut would read as an error: that range is zeroed, which makes
    // the file longer again, as a write does.
    private DiskStatus Discard(long offset, long lengthBytes)
    {
        if (_cannotPunch)
            return DiskStatus.NotSupported;
        if (_channel.GetLength() < offset + lengthBytes)
            return ZeroRange(offset, lengthBytes);
        long result;
        do
            result = lengthBytes == 0 ? 0 : _channel.PunchHole(offset, lengthBytes);
        while (result == -FileError.Interrupted);
        return StatusOfRange(result, ref _cannotPunch);
    }

    private DiskStatus ZeroRange(long offset, long lengthBytes)
    {
        if (_cannotZero)
            return DiskStatus.NotSupported;
        long result;
        do
            result = lengthBytes == 0 ? 0 : _channel.ZeroRange(offset, lengthBytes);
        while (result == -FileError.Interrupted);
        return StatusOfRange(result, ref _cannotZero);
    }

    private static DiskStatus StatusOfRange(long result, ref bool isNeverSupported)
    {
        switch (-result)
        {
            case 0:
                return DiskStatus.Success;
            case FileError.NotSupported or FileError.NoSuchCall or FileError.NoSuchDevice:
                isNeverSupported = true;
                return DiskStatus.NotSupported;
            case FileError.InvalidArgument:
                // A device with larger blocks than the disk's takes some ranges and not others.
                return DiskStatus.NotSupported;
            default:
                return FileError.ToStatus(result, DiskStatus.WriteFault);
        }
    }
}
