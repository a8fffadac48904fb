using NvmeDoorbell.Memory;
using NvmeDoorbell.Queues;
using NvmeDoorbell.Spec;

namespace NvmeDoorbell.Controller;

/// <summary>Moves the data of admin commands between us and guest RAM, through their PRP entries.</summary>
/// <remarks>Used on the admin task's turn alone.</remarks>
internal sealed class AdminTransfer : IDisposable
{
    private readonly PrpWalker _walker;
    private readonly GuestSegment[] _segments;
    private readonly GuestMemory _memory;
    private readonly BounceBuffer _bounce;

    /// <param name="memory">The guest's memory.</param>
    /// <param name="maxTransferBytes">The longest transfer of one command.</param>
    public AdminTransfer(GuestMemory memory, uint maxTransferBytes)
    {
        _walker = new PrpWalker(memory);
        _segments = new GuestSegment[PrpWalker.MaxSegments(maxTransferBytes)];
        MaxTransferBytes = maxTransferBytes;
        _memory = memory;
        _bounce = new BounceBuffer(memory, maxTransferBytes);
    }

    /// <summary>The longest transfer of one command.</summary>
    public uint MaxTransferBytes { get; }

    /// <summary>Copies data to where a command wants it.</summary>
    public StatusCode ToGuest(AdminCommand command, ReadOnlySpan<byte> data)
    {
        StatusCode status = Walk(command, data.Length, GuestAccess.ReadWrite, out int count);
        if (status != StatusCode.Success)
            return status;
        foreach (GuestSegment segment in _segments.AsSpan(0, count))
        {
            int length = (int)segment.LengthBytes;
            data[..length].CopyTo(segment.Span);
            data = data[length..];
        }
        return !_bounce.IsFilledByDevice || _bounce.TryWriteOut() ? StatusCode.Success : StatusCode.DataTransferError;
    }

    /// <summary>Copies the data of a command from where it lies.</summary>
    public StatusCode FromGuest(AdminCommand command, Span<byte> data)
    {
        StatusCode status = Walk(command, data.Length, GuestAccess.ReadOnly, out int count);
        if (status != StatusCode.Success)
            return status;
        foreach (GuestSegment segment in _segments.AsSpan(0, count))
        {
            segment.Span.CopyTo(data);
            data = data[(int)segment.LengthBytes..];
        }
        return StatusCode.Success;
    }

    /// <inheritdoc/>
    public void Dispose() => _bounce.Dispose();

    private StatusCode Walk(AdminCommand command, int lengthBytes, GuestAccess access, out int count)
    {
        count = 0;
        if (lengthBytes == 0)
            return StatusCode.Success;
        ref readonly SubmissionEntry entry = ref command.Entry;
        _bounce.Begin(access);
        BounceBuffer? bounce = _memory.HasRemote ? _bounce : null;
        StatusCode status = _walker.Walk(
            entry.Prp1, entry.Prp2, (uint)lengthBytes, access, _segments, bounce, out count);
        return status != StatusCode.Success || _bounce.TryPrepare() ? status : StatusCode.DataTransferError;
    }
}
