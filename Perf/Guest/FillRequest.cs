using System.Runtime.InteropServices;
using NvmeDoorbell.Storage;

namespace NvmeDoorbell.Perf.Guest;

/// <summary>
/// Writes one block of random bytes to a disk that answers at once, again and again. One for the process: its block stays.
/// </summary>
internal sealed unsafe class FillRequest : DiskRequest
{
    private readonly byte* _bytes;
    private readonly uint _lengthBytes;

    // SAFETY: the block stays for as long as the process.
    public FillRequest(int lengthBytes)
        : base(segmentCapacity: 1)
    {
        _lengthBytes = (uint)lengthBytes;
        _bytes = (byte*)NativeMemory.Alloc(_lengthBytes);
        Random.Shared.NextBytes(new Span<byte>(_bytes, lengthBytes));
        AddSegment((nint)_bytes, _lengthBytes);
    }

    /// <summary>Writes the block at an offset.</summary>
    public void Write(IDisk disk, ulong offsetBytes)
    {
        Operation = DiskOperation.Write;
        OffsetBytes = offsetBytes;
        LengthBytes = _lengthBytes;
        Begin();
        if (disk.Submit(this) != DiskStatus.Success || !TryClaim()) throw new InvalidOperationException("The disk is not filled.");
    }

    protected override void OnCompleted(DiskStatus status)
    {
    }
}
