using NvmeDoorbell.Memory;
using NvmeDoorbell.Storage;

namespace NvmeDoorbell.Controller;

/// <summary>The reads of a self-test, one at a time, into memory of its own.</summary>
internal sealed class SelfTestRead : DiskRequest
{
    /// <summary>Length of a read, unless the disk ends before.</summary>
    public const int LengthLimitBytes = 64 << 10;

    private const ulong Pattern = 0xA5A5_5A5A_C3C3_3C3C;

    private readonly NativeBlock _buffer = new(LengthLimitBytes, GuestMemory.PageBytes);
    private Action<DiskStatus>? _done;

    public SelfTestRead()
        : base(segmentCapacity: 1)
    {
    }

    /// <summary>Whether the buffer keeps what is written to it.</summary>
    public bool TestMemory()
    {
        Span<ulong> words = System.Runtime.InteropServices.MemoryMarshal.Cast<byte, ulong>(_buffer.Span);
        foreach (ulong pattern in (ReadOnlySpan<ulong>)[Pattern, ~Pattern])
        {
            for (int index = 0; index < words.Length; index++)
                words[index] = pattern + (uint)index;
            for (int index = 0; index < words.Length; index++)
            {
                if (words[index] != pattern + (uint)index)
                    return false;
            }
        }
        return true;
    }

    /// <summary>Reads. The answer comes on any thread, also before this returns.</summary>
    public void Start(IDisk disk, ulong offsetBytes, int lengthBytes, Action<DiskStatus> done)
    {
        _done = done;
        Operation = DiskOperation.Read;
        OffsetBytes = offsetBytes;
        LengthBytes = (ulong)lengthBytes;
        ClearSegments();
        AddSegment(_buffer.Address, (nuint)lengthBytes);
        Begin();
        DiskStatus status;
        try
        {
            status = disk.Submit(this);
        }
        catch (Exception)
        {
            status = DiskStatus.InternalError; // a disk is the embedder's code: it does not end our thread
        }
        if (status != DiskStatus.Pending && TryClaim())
            OnCompleted(status);
    }

    /// <summary>Gives the memory back. Not while a read is under way.</summary>
    public void Free()
    {
        Dispose();
        _buffer.Dispose();
    }

    /// <inheritdoc/>
    protected override void OnCompleted(DiskStatus status) => _done!(status);
}
