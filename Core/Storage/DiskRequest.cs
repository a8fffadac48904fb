using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using NvmeDoorbell.Memory;

namespace NvmeDoorbell.Storage;

/// <summary>
/// One read, write or other operation on its way to a disk and back. Preallocated by its owner (the queue that it
/// serves) and used again and again; each use is a submission with a <see cref="Token"/> of its own.
/// </summary>
/// <remarks>
/// <code>
///            Begin                    disk.Submit                 Complete, or TryClaim by the owner
///   idle ------------> in flight ----------------> (the disk's) -------------------------------------> idle
///   word = g:0         word = g+1:1                               CompareExchange g+1:1 to g+1:0
/// </code>
/// The claim word holds the generation of the submission in bits 63..1 and in bit 0 whether it is in flight. Whoever
/// takes bit 0 away by CompareExchange has completed that submission; all others learn that they have not. A completion
/// that comes doubled finds bit 0 clear; one that comes after the request has been used again, and names its token,
/// finds another generation. The exchange is a full fence: what the disk wrote before is seen by whoever sees the
/// completion.
/// <para>Between Begin and the completion the owner changes nothing. Members that change the request are the owner's,
/// one thread at a time; <see cref="Complete(DiskStatus)"/> is anybody's.</para>
/// </remarks>
public abstract class DiskRequest : IDisposable
{
    private const ulong InFlight = 1;
    private const ulong Generation = 2;

    // A segment's length stays an int: GuestSegment.Span can show it, and no system call refuses it.
    private const uint MaxSegmentBytes = 1 << 30;

    private readonly bool _ownsSegments;
    private NativeBlock _segments;
    private int _segmentsOffsetBytes;
    private int _segmentCapacity;
    private int _segmentCount;
    private ulong _claim;

    /// <summary>
    /// A request with room for <paramref name="segmentCapacity"/> segments, which is all that it allocates.
    /// </summary>
    /// <param name="segmentCapacity">Largest transfer / 4096 + 1 holds any transfer of 4 KiB pages.</param>
    /// <exception cref="ArgumentOutOfRangeException">Less than 1.</exception>
    protected DiskRequest(int segmentCapacity)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(segmentCapacity, 1);
        _segmentCapacity = segmentCapacity;
        _segments = new NativeBlock((nuint)segmentCapacity * (nuint)Unsafe.SizeOf<GuestSegment>());
        _ownsSegments = true;
    }

    /// <summary>
    /// A request whose segments lie in a block that many requests share: its pages are mapped when a request is first
    /// used, so that requests which are there for a rare depth cost little. The block goes after the requests.
    /// </summary>
    private protected DiskRequest(NativeBlock shared, int offsetBytes, int segmentCapacity)
    {
        _segments = shared;
        _segmentsOffsetBytes = offsetBytes;
        _segmentCapacity = segmentCapacity;
    }

    /// <summary>What is to be done.</summary>
    public DiskOperation Operation { get; set; }

    /// <summary>Write, write zeroes: durable before it completes.</summary>
    public bool ForceUnitAccess { get; set; }

    /// <summary>
    /// Write zeroes: the disk may give the range's room back, as <see cref="DiskOperation.Discard"/> does. Either way
    /// the range reads as zeroes.
    /// </summary>
    public bool MayDeallocate { get; set; }

    /// <summary>First byte on the disk.</summary>
    public ulong OffsetBytes { get; set; }

    /// <summary>Number of bytes on the disk; for a read or write also the sum of the segments.</summary>
    public ulong LengthBytes { get; set; }

    /// <summary>
    /// The stretches of guest RAM to read into or write from. In native memory, as <c>struct iovec</c>.
    /// </summary>
    public ReadOnlySpan<GuestSegment> Segments => AllSegments[.._segmentCount];

    /// <summary>Host address of the first of <see cref="Segments"/>, for <c>preadv</c> and its kin.</summary>
    public nint SegmentsAddress => _segments.Address + _segmentsOffsetBytes;

    /// <summary>Number of segments.</summary>
    public int SegmentCount => _segmentCount;

    /// <summary>The sum of the segments in bytes.</summary>
    public ulong SegmentsLengthBytes { get; private set; }

    /// <summary>
    /// A link for the disk's own lists. It is the disk's from Submit to completion, and nobody else touches it; what it
    /// holds at Submit is left over.
    /// </summary>
    public DiskRequest? Next { get; set; }

    /// <summary>
    /// Names this submission, and no other of this request: keep it to complete from where a completion may be late or
    /// doubled. Never 0 after the first <see cref="Begin"/>.
    /// </summary>
    public ulong Token => Volatile.Read(ref _claim) | InFlight;

    /// <summary>It has been submitted and has not been completed.</summary>
    public bool IsInFlight => (Volatile.Read(ref _claim) & InFlight) != 0;

    private Span<GuestSegment> AllSegments => MemoryMarshal.Cast<byte, GuestSegment>(
        _segments.Span.Slice(_segmentsOffsetBytes, _segmentCapacity * Unsafe.SizeOf<GuestSegment>()));

    /// <summary>
    /// The request can be carried out on a disk of this length: its range is inside, and for a read or write the
    /// segments add up to it.
    /// </summary>
    public bool FitsIn(ulong diskLengthBytes) => Operation switch
    {
        DiskOperation.Flush => true,
        DiskOperation.Read or DiskOperation.Write =>
            SegmentsLengthBytes == LengthBytes && RangeFitsIn(diskLengthBytes),
        _ => RangeFitsIn(diskLengthBytes),
    };

    /// <summary>
    /// Completes the submission in flight. Any thread. A disk that may complete late or twice uses the other overload.
    /// </summary>
    /// <returns>False: it was completed already; nothing has happened.</returns>
    /// <exception cref="ArgumentOutOfRangeException">
    /// <paramref name="status"/> is <see cref="DiskStatus.Pending"/> or no status.
    /// </exception>
    public bool Complete(DiskStatus status) => Complete(Token, status);

    /// <summary>Completes the submission that <paramref name="token"/> names. Any thread.</summary>
    /// <returns>False: it was completed already, or the token is of another submission; nothing has happened.</returns>
    /// <exception cref="ArgumentOutOfRangeException">
    /// <paramref name="status"/> is <see cref="DiskStatus.Pending"/> or no status.
    /// </exception>
    public bool Complete(ulong token, DiskStatus status)
    {
        if (status is DiskStatus.Pending or > DiskStatus.InternalError)
            ThrowNoFinalStatus(status);
        if (!TryClaim(token))
            return false;
        OnCompleted(status);
        return true;
    }

    /// <summary>Forgets all segments. Owner, not in flight.</summary>
    public void ClearSegments()
    {
        _segmentCount = 0;
        SegmentsLengthBytes = 0;
    }

    /// <summary>
    /// Adds a stretch of guest RAM, joined to the last one where it follows on from it. Owner, not in flight.
    /// </summary>
    /// <param name="address">Host address; it stays valid until the request has been completed.</param>
    /// <param name="lengthBytes">Length in bytes; 0 adds nothing.</param>
    /// <returns>False: there is no room for one more; nothing was added.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A length over 1 GiB.</exception>
    public bool AddSegment(nint address, nuint lengthBytes)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(lengthBytes, (nuint)MaxSegmentBytes);
        if (lengthBytes == 0)
            return true;
        Span<GuestSegment> all = AllSegments;
        if (_segmentCount > 0)
        {
            ref GuestSegment last = ref all[_segmentCount - 1];
            if (last.Address + (nint)last.LengthBytes == address && last.LengthBytes + lengthBytes <= MaxSegmentBytes)
            {
                last = new GuestSegment(last.Address, last.LengthBytes + lengthBytes);
                SegmentsLengthBytes += lengthBytes;
                return true;
            }
        }
        if (_segmentCount == _segmentCapacity)
            return false;
        all[_segmentCount++] = new GuestSegment(address, lengthBytes);
        SegmentsLengthBytes += lengthBytes;
        return true;
    }

    /// <summary>
    /// Owner, not in flight: room for all segments, for one who fills it whole and then says how many there are.
    /// </summary>
    protected internal Span<GuestSegment> SegmentBuffer => AllSegments;

    /// <summary>Owner, not in flight: the first segments of <see cref="SegmentBuffer"/> are the request's.</summary>
    /// <param name="count">How many.</param>
    /// <param name="lengthBytes">Their sum in bytes.</param>
    /// <exception cref="ArgumentOutOfRangeException">More than there is room for.</exception>
    protected internal void SetSegments(int count, ulong lengthBytes)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)count, (uint)_segmentCapacity, nameof(count));
        _segmentCount = count;
        SegmentsLengthBytes = lengthBytes;
    }

    /// <summary>Owner, not in flight: gives other memory to keep the segments in; those that there are, are forgotten.</summary>
    /// <returns>The memory until now.</returns>
    private protected SegmentMemory ExchangeSegments(SegmentMemory memory)
    {
        ClearSegments();
        SegmentMemory old = new(_segments, _segmentsOffsetBytes, _segmentCapacity);
        (_segments, _segmentsOffsetBytes, _segmentCapacity) = memory;
        return old;
    }

    /// <summary>Gives the segments' memory back. Owner, not in flight; the request cannot be used again.</summary>
    /// <exception cref="InvalidOperationException">It is in flight: a disk still reads the segments.</exception>
    public void Dispose()
    {
        if (IsInFlight)
            throw new InvalidOperationException("The request is in flight: its disk has yet to complete it.");
        ClearSegments();
        if (_ownsSegments)
            _segments.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>
    /// Owner: a new submission, in flight from now on. Everything else about the request has been set.
    /// </summary>
    /// <exception cref="InvalidOperationException">It is in flight already.</exception>
    protected internal void Begin()
    {
        // Only the owner leaves bit 0 clear behind and only the owner sets it, so there is nobody to race with.
        ulong claim = Volatile.Read(ref _claim);
        if ((claim & InFlight) != 0)
            ThrowInFlight();
        // Release: pairs with the exchange in TryClaim. A completion of this generation sees the request as it is now.
        Volatile.Write(ref _claim, (claim + Generation) | InFlight);
    }

    /// <summary>
    /// Owner: ends the submission in flight itself, because Submit has returned a final status;
    /// <see cref="OnCompleted"/> is not called.
    /// </summary>
    /// <returns>
    /// False: the disk has completed it as well, against its contract. That completion was first and counts.
    /// </returns>
    protected internal bool TryClaim() => TryClaim(Token);

    /// <summary>
    /// Called exactly once for a submission that is completed, on the thread that completes it. Hands the request back
    /// to its owner; does not block, does not throw.
    /// </summary>
    protected abstract void OnCompleted(DiskStatus status);

    private bool TryClaim(ulong token) =>
        (token & InFlight) != 0
        && Interlocked.CompareExchange(ref _claim, token & ~InFlight, token) == token;

    private bool RangeFitsIn(ulong diskLengthBytes) =>
        LengthBytes <= diskLengthBytes && OffsetBytes <= diskLengthBytes - LengthBytes;

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void ThrowInFlight() =>
        throw new InvalidOperationException("The request is in flight already.");

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void ThrowNoFinalStatus(DiskStatus status) =>
        throw new ArgumentOutOfRangeException(nameof(status), status, "Not a final status.");
}
