using System.Runtime.InteropServices;
using NvmeDoorbell.Memory;
using NvmeDoorbell.Spec;

namespace NvmeDoorbell.Queues;

/// <summary>
/// Turns a command's scatter gather list into stretches of host memory. Source: NVMe Base 2.0, "Scatter Gather List",
/// and its status codes in "Generic Command Status Values".
/// </summary>
/// <remarks>
/// Has no state of its own: any thread, on a reactor's turn. Descriptors are copied in pieces, each once; the copy is what
/// is checked and used. A list ends with its data; descriptors that bring no data (empty ones, and those of segments) are
/// counted, so a list that points to itself ends too.
/// </remarks>
public sealed class SglWalker
{
    /// <summary>The most descriptors of a list that bring no data.</summary>
    public const int MaxEmptyDescriptors = 4096;

    private const int ChunkDescriptors = 64;

    private readonly GuestMemory _memory;

    /// <summary>Makes a walker.</summary>
    /// <param name="memory">The guest's memory.</param>
    public SglWalker(GuestMemory memory)
    {
        ArgumentNullException.ThrowIfNull(memory);
        _memory = memory;
    }

    /// <summary>Walks the list of a command.</summary>
    /// <param name="first">The descriptor in the command (SGL1).</param>
    /// <param name="lengthBytes">Length of the transfer, at least 1; the list describes exactly so much.</param>
    /// <param name="access">
    /// What the device does with the memory. Where it only reads, bit buckets count for nothing.
    /// </param>
    /// <param name="segments">
    /// Receives the stretches, neighbours joined. Valid until the turn ends or, in a disk request, until it completes.
    /// </param>
    /// <param name="count">How many stretches there are.</param>
    /// <returns>
    /// <see cref="StatusCode.Success"/>; <see cref="StatusCode.SglDescriptorTypeInvalid"/> for a type or sub type that
    /// PCIe does not have; <see cref="StatusCode.InvalidSglSegmentDescriptor"/> for a segment of no or odd length, one at
    /// an address that is no multiple of 8, one that is called the last and is not, or the other way round;
    /// <see cref="StatusCode.InvalidSglDescriptorCount"/> for a segment's descriptor before the end of a segment, for too
    /// many descriptors without data, or for more stretches than <paramref name="segments"/> holds;
    /// <see cref="StatusCode.DataSglLengthInvalid"/> for a list of another length than the transfer;
    /// <see cref="StatusCode.DataTransferError"/> for what is outside guest RAM (or in read-only memory, for writing).
    /// </returns>
    public StatusCode Walk(
        SglDescriptor first, uint lengthBytes, GuestAccess access, Span<GuestSegment> segments, out int count) =>
        Walk(first, lengthBytes, access, segments, bounce: null, out count);

    /// <summary>As the public one; <paramref name="bounce"/> takes the place of memory that is not mapped here.</summary>
    internal StatusCode Walk(
        SglDescriptor first,
        uint lengthBytes,
        GuestAccess access,
        Span<GuestSegment> segments,
        BounceBuffer? bounce,
        out int count)
    {
        var walked = new Walked(new SegmentWriter(_memory, access, segments, bounce), lengthBytes, access);
        StatusCode status = IsSegment(first) ? WalkSegments(ref walked, first) : walked.Add(first);
        count = walked.Count;
        return status != StatusCode.Success || walked.IsComplete ? status : StatusCode.DataSglLengthInvalid;
    }

    private StatusCode WalkSegments(ref Walked walked, SglDescriptor segment)
    {
        Span<SglDescriptor> chunk = stackalloc SglDescriptor[ChunkDescriptors];
        int empty = 0;
        for (bool isFollowed = true; isFollowed;)
        {
            StatusCode status = CheckSegment(segment);
            if (status != StatusCode.Success)
                return status;
            bool isLast = segment.Type == SglDescriptorType.LastSegment;
            ulong address = segment.Address;
            uint left = segment.LengthBytes / SglDescriptor.SizeBytes;
            isFollowed = false;
            while (left > 0)
            {
                Span<SglDescriptor> descriptors = chunk[..(int)Math.Min(left, ChunkDescriptors)];
                if (!TryCopy(address, MemoryMarshal.AsBytes(descriptors)))
                    return StatusCode.DataTransferError;
                address += (uint)descriptors.Length * SglDescriptor.SizeBytes;
                foreach (SglDescriptor descriptor in descriptors)
                {
                    left--;
                    isFollowed = IsSegment(descriptor);
                    if ((isFollowed || descriptor.LengthBytes == 0) && ++empty > MaxEmptyDescriptors)
                        return StatusCode.InvalidSglDescriptorCount;
                    if (!isFollowed)
                        status = walked.Add(descriptor);
                    else if (isLast)
                        status = StatusCode.InvalidSglSegmentDescriptor;
                    else if (left > 0)
                        status = StatusCode.InvalidSglDescriptorCount;
                    else
                        segment = descriptor;
                    if (status != StatusCode.Success)
                        return status;
                }
            }
            // A segment that is not the last one ends in the descriptor of the next.
            if (!isFollowed && !isLast)
                return StatusCode.InvalidSglSegmentDescriptor;
        }
        return StatusCode.Success;
    }

    private static bool IsSegment(SglDescriptor descriptor) =>
        descriptor.Type is SglDescriptorType.Segment or SglDescriptorType.LastSegment;

    private static StatusCode CheckSegment(SglDescriptor segment)
    {
        if (segment.SubType != 0)
            return StatusCode.SglDescriptorTypeInvalid;
        uint length = segment.LengthBytes;
        bool isValid = length != 0 && length % SglDescriptor.SizeBytes == 0
            && segment.Address % sizeof(ulong) == 0 && segment.Address <= ulong.MaxValue - length;
        return isValid ? StatusCode.Success : StatusCode.InvalidSglSegmentDescriptor;
    }

    private bool TryCopy(ulong address, Span<byte> descriptors)
    {
        if (!_memory.TryTranslate(address, (ulong)descriptors.Length, GuestAccess.ReadOnly, out nint host))
            return _memory.TryRead(address, descriptors); // it may lie across two regions
        new GuestSegment(host, (nuint)descriptors.Length).Span.CopyTo(descriptors);
        return true;
    }

    /// <summary>What a walk has come by so far.</summary>
    private ref struct Walked(SegmentWriter target, uint lengthBytes, GuestAccess access)
    {
        private SegmentWriter _target = target;
        private uint _missingBytes = lengthBytes;

        public readonly bool IsComplete => _missingBytes == 0;

        public readonly int Count => _target.Count;

        /// <summary>Adds what a data block or a bit bucket describes.</summary>
        public StatusCode Add(SglDescriptor descriptor)
        {
            bool isBucket = descriptor.Type == SglDescriptorType.BitBucket;
            if ((!isBucket && descriptor.Type != SglDescriptorType.DataBlock) || descriptor.SubType != 0)
                return StatusCode.SglDescriptorTypeInvalid;
            uint length = descriptor.LengthBytes;
            if (length == 0 || (isBucket && access == GuestAccess.ReadOnly))
                return StatusCode.Success;
            if (length > _missingBytes)
                return StatusCode.DataSglLengthInvalid;
            _missingBytes -= length;
            bool isAdded = isBucket ? TryDrop(length) : _target.TryAdd(descriptor.Address, length);
            if (isAdded)
                return StatusCode.Success;
            return _target.IsFull ? StatusCode.InvalidSglDescriptorCount : StatusCode.DataTransferError;
        }

        private bool TryDrop(uint lengthBytes)
        {
            for (; lengthBytes > BitBucket.LengthBytes; lengthBytes -= BitBucket.LengthBytes)
            {
                if (!_target.TryAppend(BitBucket.Address, BitBucket.LengthBytes))
                    return false;
            }
            return _target.TryAppend(BitBucket.Address, lengthBytes);
        }
    }
}
