using NvmeDoorbell.Memory;
using NvmeDoorbell.Queues;
using NvmeDoorbell.Spec;

namespace NvmeDoorbell.Controller;

/// <summary>What the I/O tasks of a controller have in common, from one enabling of the controller to its end.</summary>
internal sealed class IoContext
{
    private const uint PsdtMask = 0xC000;
    private const int MinSegments = 258;

    private readonly PrpWalker _prps;
    private readonly SglWalker _sgls;
    private bool _writesThrough;
    private ArbitrationPlan _arbitration = new(FeatureTable.DefaultArbitrationBurst, isWeighted: false);

    /// <param name="memory">The guest's memory.</param>
    /// <param name="namespaces">The controller's namespaces.</param>
    /// <param name="notices">Takes what tasks have to tell.</param>
    /// <param name="maxTransferBytes">The largest transfer of a command, what MDTS says.</param>
    /// <param name="pageBytes">The memory page size that CC.MPS chose.</param>
    public IoContext(
        GuestMemory memory,
        NamespaceTable namespaces,
        IIoNotices notices,
        uint maxTransferBytes,
        int pageBytes = PrpWalker.MinPageBytes)
    {
        Memory = memory;
        Namespaces = namespaces;
        Notices = notices;
        MaxTransferBytes = maxTransferBytes;
        _prps = new PrpWalker(memory, pageBytes);
        _sgls = new SglWalker(memory);
    }

    public GuestMemory Memory { get; }

    public NamespaceTable Namespaces { get; }

    /// <summary>The controller's place in its subsystem; null: it has none, and no reservations.</summary>
    public SubsystemMember? Member { get; init; }

    public IIoNotices Notices { get; }

    public uint MaxTransferBytes { get; }

    /// <summary>
    /// Stretches of memory that a request holds: any transfer by PRPs, and as many data blocks of a scatter gather list
    /// as drivers send at most for any transfer.
    /// </summary>
    public int MaxSegments => Math.Max(PrpWalker.MaxSegments(MaxTransferBytes), MinSegments);

    /// <summary>A guest that has not come to its handler yet is not interrupted again.</summary>
    public bool ModeratesInterrupts { get; init; }

    /// <summary>Counts the time in which commands are served.</summary>
    public BusyClock Busy { get; } = new();

    /// <summary>How queues take turns. Any thread.</summary>
    public ArbitrationPlan Arbitration
    {
        get => Volatile.Read(ref _arbitration);
        set => Volatile.Write(ref _arbitration, value);
    }

    /// <summary>The volatile write cache is disabled: every write is durable before it completes. Any thread.</summary>
    public bool WritesThrough
    {
        get => Volatile.Read(ref _writesThrough);
        set => Volatile.Write(ref _writesThrough, value);
    }

    /// <summary>Finds the host memory of a command's data and puts it into the request.</summary>
    public StatusCode MapData(in SubmissionEntry entry, uint lengthBytes, GuestAccess access, IoRequest request)
    {
        StatusCode status = MapData(in entry, lengthBytes, access, request, request.SegmentBuffer, out int count);
        request.SetSegments(count, lengthBytes);
        return status;
    }

    /// <summary>
    /// Finds the host memory of a command's data. The one place that knows the kinds of data pointers. The metadata
    /// pointer, of whatever kind, is not looked at: no format has metadata. Data that is not mapped here is copied to
    /// memory of the request's; what the device leaves there goes out with <see cref="FinishBounce"/>.
    /// </summary>
    public StatusCode MapData(
        in SubmissionEntry entry,
        uint lengthBytes,
        GuestAccess access,
        IoRequest request,
        Span<GuestSegment> segments,
        out int count)
    {
        BounceBuffer? bounce = Memory.HasRemote ? BeginBounce(request, access) : null;
        StatusCode status = (entry.Cdw0 & PsdtMask) == 0
            ? _prps.Walk(entry.Prp1, entry.Prp2, lengthBytes, access, segments, bounce, out count)
            : MapList(in entry, lengthBytes, access, segments, bounce, out count);
        if (status != StatusCode.Success)
            return status | StatusCode.DoNotRetry;
        return bounce is null || bounce.TryPrepare() ? StatusCode.Success : StatusCode.DataTransferError;
    }

    /// <summary>What a command that has ended well has left in memory of the request's goes out to the guest.</summary>
    public static StatusCode FinishBounce(BounceBuffer bounce, StatusCode status)
    {
        if (!bounce.IsFilledByDevice || status != StatusCode.Success)
            return status;
        return bounce.TryWriteOut() ? status : StatusCode.DataTransferError;
    }

    /// <summary>Copies a command's data out of guest memory, once: a list that is then checked and used.</summary>
    public StatusCode CopyIn(in SubmissionEntry entry, IoRequest request, Span<byte> target)
    {
        Span<GuestSegment> segments = request.SegmentBuffer;
        StatusCode status = MapData(
            in entry, (uint)target.Length, GuestAccess.ReadOnly, request, segments, out int count);
        if (status != StatusCode.Success)
            return status;
        foreach (GuestSegment segment in segments[..count])
        {
            segment.Span.CopyTo(target);
            target = target[(int)segment.LengthBytes..];
        }
        return StatusCode.Success;
    }

    private StatusCode MapList(
        in SubmissionEntry entry,
        uint lengthBytes,
        GuestAccess access,
        Span<GuestSegment> segments,
        BounceBuffer? bounce,
        out int count)
    {
        count = 0;
        return entry.Psdt == DataTransferKind.Reserved
            ? StatusCode.InvalidField
            : _sgls.Walk(new SglDescriptor(entry.Prp1, entry.Prp2), lengthBytes, access, segments, bounce, out count);
    }

    private BounceBuffer BeginBounce(IoRequest request, GuestAccess access)
    {
        BounceBuffer bounce = request.Bounce ??= new BounceBuffer(Memory, MaxTransferBytes);
        bounce.Begin(access);
        return bounce;
    }
}
