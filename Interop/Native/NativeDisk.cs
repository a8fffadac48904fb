using NvmeDoorbell.Memory;
using NvmeDoorbell.Storage;

namespace NvmeDoorbell.Interop.Native;

/// <summary>A disk that lives behind the embedder's callbacks.</summary>
// SAFETY: the callbacks and their context are the embedder's promise, good until `closed` has been called. The request
// struct lives on this stack for the length of the call; the segments it points to belong to the request, which holds
// them until it is completed.
internal sealed unsafe class NativeDisk : IResizableDisk, ICancellingDisk
{
    private readonly NativeDiskCallbacks _callbacks;
    private readonly RequestGate _gate = new();
    private readonly Lock _resizing = new();
    private ulong _lengthBytes;
    private int _underWay;
    private int _isClosed;

    public NativeDisk(in NativeDiskCallbacks callbacks, int blockBytes, ulong lengthBytes, bool isReadOnly)
    {
        _callbacks = callbacks;
        BlockBytes = blockBytes;
        _lengthBytes = lengthBytes;
        IsReadOnly = isReadOnly;
    }

    public int BlockBytes { get; }

    public ulong LengthBytes => Volatile.Read(ref _lengthBytes);

    public event Action? LengthChanged;

    public bool IsReadOnly { get; }

    /// <summary>Whether the callbacks hold a request.</summary>
    public bool IsBusy => Volatile.Read(ref _underWay) != 0;

    /// <summary>Whether a number is an NVMEDB_DISK_* that ends a request.</summary>
    public static bool IsFinal(uint status) => status is > (uint)DiskStatus.Pending and <= (uint)DiskStatus.InternalError;

    public DiskStatus Submit(DiskRequest request)
    {
        if (!request.FitsIn(LengthBytes))
            return DiskStatus.InternalError;
        if (IsReadOnly && request.Operation is not (DiskOperation.Read or DiskOperation.Flush))
            return DiskStatus.WriteFault;
        if (!Knows(request.Operation))
            return DiskStatus.NotSupported;
        if (!_gate.TryEnter())
            return DiskStatus.Aborted;
        Interlocked.Increment(ref _underWay);
        ulong token = NativeRequestTable.Shared.Add(new NativeRequest(request, request.Token, this));
        NativeDiskRequest native = new()
        {
            Token = token,
            Operation = (uint)request.Operation,
            ForceUnitAccess = request.ForceUnitAccess ? 1u : 0u,
            OffsetBytes = request.OffsetBytes,
            LengthBytes = request.LengthBytes,
            Segments = (GuestSegment*)request.SegmentsAddress,
            SegmentCount = (uint)request.SegmentCount,
            MayDeallocate = request.MayDeallocate && request.Operation == DiskOperation.WriteZeroes ? 1u : 0u,
        };
        uint answer = _callbacks.Submit(_callbacks.Context, &native);
        if (answer == (uint)DiskStatus.Pending)
            return DiskStatus.Pending;
        // Completed by token and answered too: the completion came first and counts.
        if (!NativeRequestTable.Shared.TryClaim(token, out _))
            return DiskStatus.Pending;
        OnCompleted();
        return IsFinal(answer) ? (DiskStatus)answer : DiskStatus.InternalError;
    }

    /// <summary>Asks the embedder to end a request early, if it has a callback for that.</summary>
    public bool TryCancel(DiskRequest request, ulong token)
    {
        // Inside of the gate: the embedder has not been told that the disk is closed.
        if (_callbacks.Cancel == null || !_gate.TryEnter())
            return false;
        bool isTaken = NativeRequestTable.Shared.TryFind(request, token, out ulong native)
            && _callbacks.Cancel(_callbacks.Context, native) != 0;
        _gate.Exit();
        return isTaken;
    }

    /// <summary>The embedder's disk has another length; it is not asked.</summary>
    public void Resize(ulong lengthBytes)
    {
        if (lengthBytes == 0 || lengthBytes > long.MaxValue || lengthBytes % (uint)BlockBytes != 0)
            throw new ArgumentOutOfRangeException(nameof(lengthBytes), lengthBytes, "A multiple of the block, and not 0.");
        lock (_resizing)
        {
            Volatile.Write(ref _lengthBytes, lengthBytes);
            LengthChanged?.Invoke();
        }
    }

    /// <summary>A request has gone back to its owner.</summary>
    public void OnCompleted()
    {
        Interlocked.Decrement(ref _underWay);
        _gate.Exit();
    }

    // A program that was built before an operation existed is not asked for it.
    private bool Knows(DiskOperation operation) =>
        operation <= DiskOperation.WriteZeroes
        || (operation == DiskOperation.Discard && (_callbacks.Operations & (1ul << (int)operation)) != 0);

    /// <summary>It was never attached, so the embedder is not told that it has been closed.</summary>
    public void Abandon() => Volatile.Write(ref _isClosed, 1);

    public void Dispose()
    {
        _gate.CloseAndWait();
        if (Interlocked.Exchange(ref _isClosed, 1) == 0 && _callbacks.Closed != null)
            _callbacks.Closed(_callbacks.Context);
    }
}
