namespace NvmeDoorbell.Storage;

/// <summary>
/// A disk in a raw image file or on a block device. See <see cref="IDisk"/> for the contract.
/// </summary>
/// <remarks>
/// <para>Data goes straight between guest RAM and the file, through the system's page cache. A write is finished inside
/// <see cref="Submit"/>, and so is a read of what is cached; a read that would wait for the device goes through io_uring,
/// or to one of a few threads. With direct I/O all reads and writes go that way. Flushes, write zeroes, discards and the
/// syncs of writes with force unit access are done by a thread of their own.</para>
/// <para>A completed write survives the end of this process; a completed flush, or a write with force unit access, is
/// as durable as <c>fdatasync</c> makes it. Flushes that wait together share one. When it fails, the system has dropped
/// what it could not write and would report success the next time: from then on every flush and every write with force
/// unit access fails with the same status, until the file is opened again.</para>
/// <para>Errors: the file ends inside a read (somebody has cut it): <see cref="DiskStatus.ReadError"/>. No space, over
/// quota, over the file size limit: <see cref="DiskStatus.Full"/>. Any other: <see cref="DiskStatus.ReadError"/> or
/// <see cref="DiskStatus.WriteFault"/>.</para>
/// </remarks>
public sealed class FileDisk : IResizableDisk, IThinDisk
{
    private const int MaxThreads = 64;

    private readonly FileChannel _channel;
    private readonly RequestGate _gate = new();
    private readonly IFileTransfers _transfers;
    private readonly FileUpkeep _upkeep;
    private readonly Lock _changing = new();
    private ulong _lengthBytes;

    // Under the lock.
    private bool _disposed;

    internal FileDisk(
        FileChannel channel,
        ulong lengthBytes,
        int blockBytes,
        bool isReadOnly,
        FileDiskIo io = FileDiskIo.Positional,
        int threads = 1,
        Func<int, int>? alterRing = null)
    {
        DiskGeometry.Check(lengthBytes, blockBytes);
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(threads, MaxThreads);
        _channel = channel;
        _lengthBytes = lengthBytes;
        BlockBytes = blockBytes;
        IsReadOnly = isReadOnly;
        IFileTransfers? ring = io != FileDiskIo.Positional && OperatingSystem.IsLinux() && channel.Descriptor >= 0
            ? FileRing.TryStart(channel, OnTransferred, alterRing)
            : null;
        if (ring is null && io == FileDiskIo.IoUring)
            throw new PlatformNotSupportedException("This system has no io_uring, or does not permit it.");
        Io = ring is null ? FileDiskIo.Positional : FileDiskIo.IoUring;
        _transfers = ring ?? new FileThreads(channel, threads, OnTransferred);
        _upkeep = new FileUpkeep(channel, Finish);
    }

    /// <inheritdoc/>
    public event Action? LengthChanged;

    /// <inheritdoc/>
    public int BlockBytes { get; }

    /// <inheritdoc/>
    public ulong LengthBytes => Volatile.Read(ref _lengthBytes);

    /// <inheritdoc/>
    public bool IsReadOnly { get; }

    /// <inheritdoc/>
    /// <remarks>Of a file, what the file system says; of a block device nothing is known, nor outside of Linux.</remarks>
    public ulong? AllocatedBytes
    {
        get
        {
            if (!_gate.TryEnter())
                return null;
            long allocated = _channel.GetAllocated();
            _gate.Exit();
            return allocated < 0 ? null : (ulong)allocated;
        }
    }

    /// <summary>How it moves data: never <see cref="FileDiskIo.Auto"/>.</summary>
    public FileDiskIo Io { get; }

    /// <summary>Whether data bypasses the page cache.</summary>
    public bool IsDirect => _channel.Alignment.IsDirect;

    /// <summary>
    /// Opens an existing file or block device. For writing it is locked against others who lock too (another disk here,
    /// another process of this library); for reading against writers.
    /// </summary>
    /// <exception cref="ArgumentException">The path is empty, or the options are outside what they say.</exception>
    /// <exception cref="IOException">There is no such file, it is in use, holds less than a block, or has no direct I/O
    /// in such blocks.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be opened this way, or is a folder.</exception>
    /// <exception cref="PlatformNotSupportedException">What the options insist on is not to be had here.</exception>
    public static FileDisk Open(string path, FileDiskOptions? options = null)
    {
        options ??= new FileDiskOptions();
        DiskGeometry.CheckBlock(options.BlockBytes);
        if (options.LengthBytes != 0)
            DiskGeometry.Check(options.LengthBytes, options.BlockBytes);
        FileChannel channel = FileOpening.Open(path, options);
        try
        {
            return new FileDisk(
                channel,
                FileOpening.ChooseLength(channel, path, options),
                options.BlockBytes,
                options.IsReadOnly,
                options.Io,
                options.Threads);
        }
        catch
        {
            channel.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Makes a file of zeroes, takes no room for them, and opens it. When it returns, file and length survive a power
    /// cut as far as the file system promises.
    /// </summary>
    /// <param name="path">Where there is no file yet.</param>
    /// <param name="lengthBytes">Length in bytes, a multiple of the options' block.</param>
    /// <param name="options">As for <see cref="Open"/>.</param>
    /// <exception cref="ArgumentException">As for <see cref="Open"/>.</exception>
    /// <exception cref="IOException">There is a file, or as for <see cref="Open"/>; no file is left behind.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be made there.</exception>
    /// <exception cref="PlatformNotSupportedException">As for <see cref="Open"/>.</exception>
    public static FileDisk Create(string path, ulong lengthBytes, FileDiskOptions? options = null)
    {
        options ??= new FileDiskOptions();
        DiskGeometry.CheckBlock(options.BlockBytes);
        DiskGeometry.Check(lengthBytes, options.BlockBytes);
        FileOpening.Create(path, lengthBytes);
        try
        {
            return Open(path, options);
        }
        catch
        {
            File.Delete(path);
            throw;
        }
    }

    /// <inheritdoc/>
    public DiskStatus Submit(DiskRequest request)
    {
        if (!_gate.TryEnter())
            return DiskStatus.Aborted;
        DiskStatus status = Start(request);
        _gate.Exit();
        return status;
    }

    /// <inheritdoc/>
    /// <remarks>A file that is shorter is made longer, for good; one that is longer is not cut.</remarks>
    public void Resize(ulong lengthBytes)
    {
        DiskGeometry.Check(lengthBytes, BlockBytes);
        lock (_changing)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (_channel.GetLength() < (long)lengthBytes && !TryExtend((long)lengthBytes))
                throw new IOException($"The file cannot be made {lengthBytes} bytes long.");
            Volatile.Write(ref _lengthBytes, lengthBytes);
            LengthChanged?.Invoke();
        }
    }

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">Called from a completion, which would wait for itself.</exception>
    public void Dispose()
    {
        if (_transfers.IsCurrent || _upkeep.IsCurrent)
            throw new InvalidOperationException("A disk cannot be disposed from a completion of its own.");
        lock (_changing)
        {
            if (_disposed)
                return;
            _disposed = true;
            _gate.CloseAndWait();
            // In this order: the threads of the first hand requests over to the second.
            _transfers.Dispose();
            _upkeep.Dispose();
            _channel.Dispose();
        }
    }

    private bool TryExtend(long lengthBytes) =>
        !IsReadOnly && _channel.SetLength(lengthBytes) == 0 && _upkeep.Sync() == DiskStatus.Success;

    private DiskStatus Start(DiskRequest request)
    {
        if (!request.FitsIn(LengthBytes))
            return DiskStatus.InternalError;
        switch (request.Operation)
        {
            case DiskOperation.Read:
                return Read(request);
            case DiskOperation.Write or DiskOperation.WriteZeroes or DiskOperation.Discard when IsReadOnly:
                return DiskStatus.WriteFault;
            case DiskOperation.Write:
                return Write(request);
            case DiskOperation.Flush when IsReadOnly:
                return DiskStatus.Success;
            case DiskOperation.Flush or DiskOperation.WriteZeroes or DiskOperation.Discard:
                return HandToUpkeep(request);
            default:
                return DiskStatus.NotSupported;
        }
    }

    private DiskStatus Read(DiskRequest request)
    {
        if (IsDirect)
            return Transfer(request);
        DiskStatus status = FileTransfer.TryRead(_channel, request);
        return status == DiskStatus.Pending ? Transfer(request) : status;
    }

    private DiskStatus Write(DiskRequest request)
    {
        if (IsDirect)
            return Transfer(request);
        DiskStatus status = FileTransfer.Run(_channel, request);
        return status == DiskStatus.Success && request.ForceUnitAccess ? HandToUpkeep(request) : status;
    }

    // A request that is handed over is counted apart from the call of Submit: Dispose waits for both, and then no call
    // is left that could still wake a thread.
    private DiskStatus Transfer(DiskRequest request)
    {
        if (!_channel.Alignment.Fits(request))
            return HandToUpkeep(request);
        _gate.EnterAgain();
        _transfers.Enqueue(request);
        return DiskStatus.Pending;
    }

    private DiskStatus HandToUpkeep(DiskRequest request)
    {
        _gate.EnterAgain();
        _upkeep.Enqueue(request);
        return DiskStatus.Pending;
    }

    private void OnTransferred(DiskRequest request, DiskStatus status)
    {
        if (status == DiskStatus.Success && request.Operation == DiskOperation.Write && request.ForceUnitAccess)
            _upkeep.Enqueue(request);
        else
            Finish(request, status);
    }

    private void Finish(DiskRequest request, DiskStatus status)
    {
        request.Complete(status);
        _gate.Exit();
    }
}
