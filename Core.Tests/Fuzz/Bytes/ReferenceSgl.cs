using System.Runtime.InteropServices;
using NvmeDoorbell.Memory;
using NvmeDoorbell.Queues;
using NvmeDoorbell.Spec;

namespace NvmeDoorbell.Tests.Fuzz.Bytes;

/// <summary>Scatter gather lists once more, a descriptor and a page at a time, with no thought of speed.</summary>
internal sealed class ReferenceSgl(ByteRam ram, GuestAccess access)
{
    private readonly List<GuestSegment> _found = [];
    private uint _missing;

    /// <returns>Host memory, neighbours joined; null where the walk has to fail.</returns>
    public List<GuestSegment>? Walk(SglDescriptor first, uint lengthBytes)
    {
        _missing = lengthBytes;
        return (IsSegment(first) ? WalkFrom(first) : Add(first)) && _missing == 0 ? _found : null;
    }

    private static bool IsSegment(SglDescriptor descriptor) =>
        descriptor.Type is SglDescriptorType.Segment or SglDescriptorType.LastSegment;

    private bool WalkFrom(SglDescriptor segment)
    {
        int withoutData = 0;
        while (true)
        {
            bool isLast = segment.Type == SglDescriptorType.LastSegment;
            uint count = segment.LengthBytes / SglDescriptor.SizeBytes;
            if (segment.SubType != 0 || count == 0 || segment.LengthBytes % SglDescriptor.SizeBytes != 0
                || segment.Address % 8 != 0)
            {
                return false;
            }
            SglDescriptor? next = null;
            for (uint index = 0; index < count; index++)
            {
                ulong address = segment.Address + index * (ulong)SglDescriptor.SizeBytes;
                if (address < segment.Address || Read(address) is not { } descriptor)
                    return false;
                if ((IsSegment(descriptor) || descriptor.LengthBytes == 0) && ++withoutData > SglWalker.MaxEmptyDescriptors)
                    return false;
                if (!IsSegment(descriptor))
                {
                    if (!Add(descriptor))
                        return false;
                    continue;
                }
                if (isLast || index != count - 1)
                    return false; // only the end of a segment that is not the last one leads on
                next = descriptor;
            }
            if (next is null)
                return isLast;
            segment = next.Value;
        }
    }

    private SglDescriptor? Read(ulong address)
    {
        Span<ulong> words = stackalloc ulong[2];
        for (int word = 0; word < words.Length; word++)
        {
            if (ram.Find(address + 8 * (ulong)word, GuestAccess.ReadOnly) is not { } host)
                return null;
            words[word] = ByteRam.Load(host);
        }
        return MemoryMarshal.Cast<ulong, SglDescriptor>(words)[0];
    }

    private bool Add(SglDescriptor descriptor)
    {
        bool isBucket = descriptor.Type == SglDescriptorType.BitBucket;
        if ((!isBucket && descriptor.Type != SglDescriptorType.DataBlock) || descriptor.SubType != 0)
            return false;
        uint lengthBytes = descriptor.LengthBytes;
        if (isBucket && access == GuestAccess.ReadOnly)
            return true; // what the device reads, it does not read from nowhere
        if (lengthBytes > _missing)
            return false;
        _missing -= lengthBytes;
        if (isBucket)
        {
            for (; lengthBytes > 0; lengthBytes -= Math.Min(lengthBytes, BitBucket.LengthBytes))
                _found.Add(new GuestSegment(BitBucket.Address, Math.Min(lengthBytes, BitBucket.LengthBytes)));
            return true;
        }
        return ram.TryCollect(descriptor.Address, lengthBytes, access, _found);
    }
}
