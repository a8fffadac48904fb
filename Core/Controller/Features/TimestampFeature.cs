using System.Buffers.Binary;
using NvmeDoorbell.Spec;

namespace NvmeDoorbell.Controller;

/// <summary>
/// Timestamp (0Eh): milliseconds since the epoch as the host has set them, counted on; 8 bytes of data.
/// </summary>
internal sealed class TimestampFeature(AdminTransfer transfer) : Feature(FeatureId.Timestamp)
{
    private const int LengthBytes = 8;
    private const ulong TimestampBits = 0xFFFF_FFFF_FFFF;
    private const ulong SetByHost = 1ul << 49;

    private ulong _setTo;
    private long _setAt = Environment.TickCount64;
    private ulong _origin;

    public override StatusCode Get(AdminCommand command, bool wantsDefault)
    {
        Span<byte> data = stackalloc byte[LengthBytes];
        ulong now = _setTo + (ulong)(Environment.TickCount64 - _setAt);
        BinaryPrimitives.WriteUInt64LittleEndian(data, wantsDefault ? 0 : now & TimestampBits | _origin);
        return transfer.ToGuest(command, data);
    }

    public override StatusCode Set(AdminCommand command)
    {
        Span<byte> data = stackalloc byte[LengthBytes];
        StatusCode status = transfer.FromGuest(command, data);
        if (status != StatusCode.Success)
            return status;
        _setTo = BinaryPrimitives.ReadUInt64LittleEndian(data) & TimestampBits;
        _setAt = Environment.TickCount64;
        _origin = SetByHost;
        return StatusCode.Success;
    }

    public override void Reset()
    {
        _setTo = 0;
        _setAt = Environment.TickCount64;
        _origin = 0;
    }
}
