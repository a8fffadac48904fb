using Microsoft.Win32.SafeHandles;
using NvmeDoorbell.Memory;

namespace NvmeDoorbell.Storage;

/// <summary>
/// A disk in a raw image file or on a block device. See <see cref="IDisk"/> for the contract.
/// </summary>
/// <remarks>
/// <para>Data goes straight between guest RAM and the file, through the system's page cache. A write is finished inside
/// <see cref="Submit"/>, and so is a read of what is cached; a read that would wait for the device, a flush, write
/// zeroes and writes with force unit access go to one of the disk's two threads and complete later.</para>
/// <para>A completed write survives the end of this process; a completed flush, or a write with force unit access, is
/// as durable as <c>fdatasync</c> makes it. Flushes that wait together share one. When it fails, the system has dropped
/// what it could not write and would report success the next time: from then on every flush and every write with force
/// unit access fails with the same status, until the file is opened again.</para>
/// <para>Errors: the file ends inside a read (somebody has cut it): <see cref="DiskStatus.ReadError"/>. No space, over
/// quota, over the file size limit: <see cref="DiskStatus.Full"/>. Any other: <see cref="DiskStatus.ReadError"/> or
/// <see cref="DiskStatus.WriteFault"/>.</para>
/// </remarks>
public sealed class FileDisk : IResizableDisk
{
    private const uint ZeroesBytes = 256 * 1024;

    private readonly FileChannel _channel;
    private readonly NativeBlock _zeroes;
    private readonly RequestGate _gate = new();
    private readonly DiskWorker _reads;
    private readonly DiskWorker _writes;
    private readonly Lock _changing = new();

    // Under the lock.
    private bool _disposed;
    private ulong _lengthBytes;

    // The write worker's alone.
    private bool _cannotZero;
    private bool _cannotPunch;
    private DiskStatus _syncStatus = DiskStatus.Success;

    internal FileDisk(FileChannel channel, ulong lengthBytes, int blockBytes, bool isReadOnly)
    {
        DiskGeometry.Check(lengthBytes, blockBytes);
        _channel = channel;
        _zeroes = new NativeBlock(ZeroesBytes, 4096);
        _lengthBytes = lengthBytes;
        BlockBytes = blockBytes;
        IsReadOnly = isReadOnly;
        _reads = new DiskWorker("nvmedb file reads", RunReads);
        _writes = new DiskWorker("nvmedb file writes", RunWrites);
    }

    /// <inheritdoc/>
    public int BlockBytes { get; }

    /// <inheritdoc/>
    public event Action? LengthChanged;

    /// <inheritdoc/>
    public ulong LengthBytes => Volatile.Read(ref _lengthBytes);

    /// <inheritdoc/>
    public bool IsReadOnly { get; }

    /// <summary>
    /// Opens an existing file or block device. For writing it is locked against others who lock too (another disk here,
    /// another process of this library); for reading against writers.
    /// </summary>
    /// <exception cref="ArgumentException">The path is empty, or the options are outside what they say.</exception>
    /// <exception cref="IOException">There is no such file, it is in use, or holds less than a block.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be opened this way, or is a folder.</exception>
    public static FileDisk Open(string path, FileDiskOptions? options = null)
    {
        options ??= new FileDiskOptions();
        DiskGeometry.CheckBlock(options.BlockBytes);
        if (options.LengthBytes != 0)
            DiskGeometry.Check(options.LengthBytes, options.BlockBytes);
        SafeFileHandle handle = File.OpenHandle(
            path,
            FileMode.Open,
            options.IsReadOnly ? FileAccess.Read : FileAccess.ReadWrite,
            options.IsReadOnly ? FileShare.Read : FileShare.None);
        FileChannel channel = OperatingSystem.IsLinux() && Environment.Is64BitProcess
            ? new LinuxFileChannel(handle)
            : new RandomAccessFileChannel(handle);
        try
        {
            return new FileDisk(channel, ChooseLength(channel, path, options), options.BlockBytes, options.IsReadOnly);
        }
        catch
        {
            channel.Dispose();
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
    /// <remarks>A file that is shorter is made longer; one that is longer is not cut.</remarks>
    public void Resize(ulong lengthBytes)
    {
        DiskGeometry.Check(lengthBytes, BlockBytes);
        lock (_changing)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (_channel.GetLength() < (long)lengthBytes && (IsReadOnly || _channel.SetLength((long)lengthBytes) < 0))
                throw new IOException($"The file cannot be made {lengthBytes} bytes long.");
            Volatile.Write(ref _lengthBytes, lengthBytes);
            LengthChanged?.Invoke();
        }
    }

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">Called from a completion, which would wait for itself.</exception>
    public void Dispose()
    {
        if (_reads.IsCurrent || _writes.IsCurrent)
            throw new InvalidOperationException("A disk cannot be disposed from a completion of its own.");
        lock (_changing)
        {
            if (_disposed)
                return;
            _disposed = true;
            _gate.CloseAndWait();
            _reads.Dispose();
            _writes.Dispose();
            _channel.Dispose();
            _zeroes.Dispose();
        }
    }

    private static ulong ChooseLength(FileChannel channel, string path, FileDiskOptions options)
    {
        long file = channel.GetLength();
        if (file < 0)
            throw new IOException($"'{path}' has no length: it is neither a file nor a block device.");
        ulong wholeBlocks = (ulong)file / (uint)options.BlockBytes * (uint)options.BlockBytes;
        if (wholeBlocks == 0)
            throw new IOException($"'{path}' is {file} bytes long: less than a block of {options.BlockBytes}.");
        if (options.LengthBytes > wholeBlocks)
        {
            throw new ArgumentException(
                $"'{path}' is {file} bytes long: too short for a disk of {options.LengthBytes}.", nameof(options));
        }
        return options.LengthBytes == 0 ? wholeBlocks : options.LengthBytes;
    }

    private DiskStatus Start(DiskRequest request)
    {
        if (!request.FitsIn(LengthBytes))
            return DiskStatus.InternalError;
        switch (request.Operation)
        {
            case DiskOperation.Read:
                DiskStatus status = FileTransfer.Read(_channel, request, mayBlock: false);
                return status == DiskStatus.Pending ? HandOver(request, _reads) : status;
            case DiskOperation.Write or DiskOperation.WriteZeroes or DiskOperation.Discard when IsReadOnly:
                return DiskStatus.WriteFault;
            case DiskOperation.Write when !request.ForceUnitAccess:
                return FileTransfer.Write(_channel, request);
            case DiskOperation.Flush when IsReadOnly:
                return DiskStatus.Success;
            case DiskOperation.Write or DiskOperation.WriteZeroes or DiskOperation.Discard or DiskOperation.Flush:
                return HandOver(request, _writes);
            default:
                return DiskStatus.NotSupported;
        }
    }

    // The request is counted apart from the call of Submit: Dispose waits for both, and then no call is left that could
    // still wake a worker.
    private DiskStatus HandOver(DiskRequest request, DiskWorker worker)
    {
        _gate.EnterAgain();
        worker.Enqueue(request);
        return DiskStatus.Pending;
    }

    private void RunReads(DiskRequest first)
    {
        for (DiskRequest? request = first; request is not null;)
        {
            DiskRequest? next = request.Next;
            Finish(request, FileTransfer.Read(_channel, request, mayBlock: true));
            request = next;
        }
    }

    private void RunWrites(DiskRequest first)
    {
        DiskRequest? unsynced = null;
        for (DiskRequest? request = first; request is not null;)
        {
            DiskRequest? next = request.Next;
            DiskStatus status = Write(request);
            if (status == DiskStatus.Success && (IsSynced(request)))
            {
                request.Next = unsynced;
                unsynced = request;
            }
            else
            {
                Finish(request, status);
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
            Finish(request, synced);
        }
    }

    private DiskStatus Write(DiskRequest request) => request.Operation switch
    {
        DiskOperation.Write => FileTransfer.Write(_channel, request),
        DiskOperation.WriteZeroes => WriteZeroes(request),
        DiskOperation.Discard => Discard((long)request.OffsetBytes, (long)request.LengthBytes),
        _ => DiskStatus.Success,
    };

    private static bool IsSynced(DiskRequest request) => request.Operation switch
    {
        DiskOperation.Flush => true,
        DiskOperation.Discard => false,
        _ => request.ForceUnitAccess,
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

    private DiskStatus Sync()
    {
        if (_syncStatus != DiskStatus.Success)
            return _syncStatus;
        long result;
        do
            result = _channel.Sync();
        while (result == -FileError.Interrupted);
        if (result < 0)
            _syncStatus = FileError.ToStatus(result, DiskStatus.WriteFault);
        return _syncStatus;
    }

    private void Finish(DiskRequest request, DiskStatus status)
    {
        request.Complete(status);
        _gate.Exit();
    }
}
