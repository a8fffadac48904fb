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
        BinaryPrimitives.WriteUInt64LittleEndian(data, wantsDefault ? 0 : Now | _origin);
        return transfer.ToGuest(command, data);
    }

    public override StatusCode Set(AdminCommand command)
    {
        Span<byte> data = stackalloc byte[LengthBytes];
        StatusCode status = transfer.FromGuest(command, data);
        if (status != StatusCode.Success)
            return status;
        SetTo(BinaryPrimitives.ReadUInt64LittleEndian(data) & TimestampBits, SetByHost);
        return StatusCode.Success;
    }

    public override void Save(StateWriter writer) => writer.Write(Now | _origin);

    public override Action Read(ref StateReader reader)
    {
        ulong saved = reader.ReadUInt64();
        reader.Require((saved & ~(TimestampBits | SetByHost)) == 0, "the timestamp has bits that there are not");
        return () => SetTo(saved & TimestampBits, saved & SetByHost);
    }

    public override void Reset() => SetTo(0, origin: 0);

    private ulong Now => _setTo + (ulong)(Environment.TickCount64 - _setAt) & TimestampBits;

    private void SetTo(ulong milliseconds, ulong origin)
    {
        _setTo = milliseconds;
        _setAt = Environment.TickCount64;
        _origin = origin;
    }
}
