using System.Runtime.Versioning;

namespace NvmeDoorbell.Storage;

/// <summary>
/// Reads and writes through io_uring: a thread that submits what was handed over, many at once, and ends what the kernel
/// has done.
/// </summary>
/// <remarks>
/// <code>
///   Enqueue (any thread)                         the ring's thread
///   1 push the request (CAS: full fence)         1 asleep = 1 (exchange: full fence)
///   2 asleep 1? exchange it to 0, and who        2 the list is empty still?
///     finds 1 rings the bell                     3 enter: submit, wait for a completion; the bell is one
/// </code>
/// Either the thread's second look sees the request, or the pusher sees 1 and rings. The rings belong to one thread, so
/// that no lock is needed however many reactors submit, and no reactor ever enters the kernel for a read.
/// <para>No more is in the kernel than the rings have room for; the rest waits in a list. A request that has moved only
/// a part goes in again with what is left. One that the kernel cannot take (out of memory) is carried out by this thread
/// itself.</para>
/// </remarks>
[SupportedOSPlatform("linux")]
internal sealed class FileRing : IFileTransfers
{
    // One entry is the bell's.
    private const int MaxTransfers = RingEntries - 1;
    private const int RingEntries = 256;
    private const ulong BellTag = MaxTransfers;

    private readonly FileChannel _channel;
    private readonly Action<DiskRequest, DiskStatus> _ended;
    private readonly Func<int, int>? _alter;
    private readonly RingBell _bell;
    private readonly Thread _thread;
    private readonly TaskCompletionSource<bool> _started = new();

    // Pushed by any thread, taken whole by the ring's.
    private DiskRequest? _incoming;
    private int _isAsleep;
    private bool _isStopping;

    // The ring's thread alone, from here on.
    private readonly TransferPosition[] _transfers = new TransferPosition[MaxTransfers];
    private readonly int[] _free = new int[MaxTransfers];
    private int _freeCount;
    private DiskRequest? _first;
    private DiskRequest? _last;
    private bool _isBellArmed;

    private FileRing(
        FileChannel channel, Action<DiskRequest, DiskStatus> ended, Func<int, int>? alter, RingBell bell)
    {
        (_channel, _ended, _alter, _bell) = (channel, ended, alter, bell);
        while (_freeCount < MaxTransfers)
            _free[_freeCount] = _freeCount++;
        _thread = new Thread(Run) { IsBackground = true, Name = "nvmedb file ring" };
    }

    /// <inheritdoc/>
    public bool IsCurrent => Thread.CurrentThread == _thread;

    /// <summary>Starts the thread; null: the system has no io_uring for us.</summary>
    /// <param name="channel">The file; it has a descriptor.</param>
    /// <param name="ended">Takes a request that has ended, on the ring's thread.</param>
    /// <param name="alter">For tests: what to make of a result of the kernel's.</param>
    public static FileRing? TryStart(
        FileChannel channel, Action<DiskRequest, DiskStatus> ended, Func<int, int>? alter = null)
    {
        if (RingBell.TryCreate() is not { } bell)
            return null;
        var ring = new FileRing(channel, ended, alter, bell);
        ring._thread.Start();
        // The rings are the thread's from their making on, so it makes them.
        if (ring._started.Task.GetAwaiter().GetResult())
            return ring;
        ring._thread.Join();
        bell.Dispose();
        return null;
    }

    /// <inheritdoc/>
    public void Enqueue(DiskRequest request)
    {
        DiskRequest? newest = Volatile.Read(ref _incoming);
        for (; ; )
        {
            request.Next = newest;
            DiskRequest? seen = Interlocked.CompareExchange(ref _incoming, request, newest);
            if (seen == newest)
                break;
            newest = seen;
        }
        WakeUp();
    }

    public void Dispose()
    {
        Volatile.Write(ref _isStopping, true);
        Interlocked.MemoryBarrier(); // as the push of Enqueue: the thread sees it, or we see the thread asleep
        WakeUp();
        _thread.Join();
        _bell.Dispose();
    }

    private void WakeUp()
    {
        if (Volatile.Read(ref _isAsleep) != 0 && Interlocked.Exchange(ref _isAsleep, 0) != 0)
            _bell.Ring();
    }

    private void Run()
    {
        using IoUring? ring = IoUring.TryCreate(RingEntries);
        _started.SetResult(ring is not null);
        if (ring is null)
            return;
        for (; ; )
        {
            TakeIncoming();
            Prepare(ring);
            Interlocked.Exchange(ref _isAsleep, 1);
            bool isIdle = Volatile.Read(ref _incoming) is null;
            if (isIdle && Volatile.Read(ref _isStopping) && _freeCount == MaxTransfers)
                break;
            if (!isIdle)
                Volatile.Write(ref _isAsleep, 0);
            long result = ring.Enter(isIdle ? 1u : 0u);
            Volatile.Write(ref _isAsleep, 0);
            if (result < 0)
                TakeBack(ring, (int)-result);
            TakeCompletions(ring);
        }
        // The kernel writes to the bell's memory, so nothing of it may be under way when that goes.
        _bell.Ring();
        while (_isBellArmed)
        {
            if (ring.Enter(1) is < 0 and var error)
                TakeBack(ring, (int)-error);
            TakeCompletions(ring);
        }
    }

    private void TakeCompletions(IoUring ring)
    {
        while (ring.TryTake(out IoUringCompletion completion))
            End(ring, in completion);
    }

    /// <summary>Moves what was handed over to the end of the list of those that wait, oldest first.</summary>
    private void TakeIncoming()
    {
        if (Volatile.Read(ref _incoming) is null)
            return;
        DiskRequest? newest = Interlocked.Exchange(ref _incoming, null);
        DiskRequest? end = newest;
        DiskRequest? oldest = null;
        while (newest is not null)
        {
            DiskRequest? older = newest.Next;
            newest.Next = oldest;
            oldest = newest;
            newest = older;
        }
        if (_first is null)
            _first = oldest;
        else
            _last!.Next = oldest;
        _last = end;
    }

    private void Prepare(IoUring ring)
    {
        if (!_isBellArmed)
        {
            ring.Prepare(_bell.Wait(BellTag));
            _isBellArmed = true;
        }
        while (_first is { } request && _freeCount > 0)
        {
            _first = request.Next;
            int index = _free[--_freeCount];
            _transfers[index] = new TransferPosition(request);
            Prepare(ring, index);
        }
    }

    private void Prepare(IoUring ring, int index)
    {
        ref TransferPosition at = ref _transfers[index];
        bool isRead = at.Request.Operation == DiskOperation.Read;
        if (at.LeftBytes == 0 || at.IsPastSegments)
        {
            End(index, at.LeftBytes == 0 ? DiskStatus.Success : DiskStatus.InternalError);
            return;
        }
        var entry = new IoUringEntry
        {
            Descriptor = _channel.Descriptor,
            Offset = (ulong)at.Offset,
            Tag = (ulong)index,
        };
        if (at.NextCount == 1)
        {
            entry.Operation = isRead ? IoUringOperation.Read : IoUringOperation.Write;
            entry.Address = (ulong)at.Rest.Address;
            entry.Length = (uint)at.Rest.LengthBytes;
        }
        else
        {
            entry.Operation = isRead ? IoUringOperation.ReadVector : IoUringOperation.WriteVector;
            entry.Address = (ulong)at.NextAddress;
            entry.Length = (uint)at.NextCount;
        }
        ring.Prepare(in entry);
    }

    private void End(IoUring ring, in IoUringCompletion completion)
    {
        if (completion.Tag == BellTag)
        {
            _isBellArmed = false;
            return;
        }
        int index = (int)completion.Tag;
        ref TransferPosition at = ref _transfers[index];
        int result = _alter is null ? completion.Result : _alter(completion.Result);
        if (result > 0)
            at.Advance(result);
        if (at.LeftBytes == 0)
            End(index, DiskStatus.Success);
        else if (result == -FileError.TryAgain)
            End(index, FileTransfer.Run(_channel, ref at));
        else if (result is > 0 or -FileError.Interrupted)
            Prepare(ring, index);
        else
            End(index, FileError.ToStatus(result, FileTransfer.FaultOf(at.Request)));
    }

    private void End(int index, DiskStatus status)
    {
        DiskRequest request = _transfers[index].Request;
        _transfers[index] = default;
        _free[_freeCount++] = index;
        _ended(request, status);
    }

    /// <summary>
    /// The kernel has not taken what was prepared. It would after an interruption, or when there is room for completions
    /// again; what it has no memory for is done here, where nothing more is needed for it.
    /// </summary>
    private void TakeBack(IoUring ring, int error)
    {
        if (error is FileError.Interrupted or FileError.Busy)
            return;
        while (ring.TryTakeBack(out ulong tag))
        {
            if (tag == BellTag)
                _isBellArmed = false;
            else
                End((int)tag, FileTransfer.Run(_channel, ref _transfers[(int)tag]));
        }
        Thread.Yield();
    }
}
