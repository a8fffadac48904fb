using System.Buffers.Binary;
using NvmeDoorbell.Spec;

namespace NvmeDoorbell.Controller;

/// <summary>Host Identifier (81h): 8 bytes, or 16 with Enable Extended Host Identifier.</summary>
internal sealed class HostIdentifierFeature(AdminTransfer transfer, NvmeSubsystem subsystem, SubsystemMember member)
    : Feature(FeatureId.HostIdentifier)
{
    private const int LengthBytes = 16;
    private const uint Extended = 1;

    private readonly byte[] _identifier = new byte[LengthBytes];
    private readonly byte[] _none = new byte[LengthBytes];

    public override StatusCode Get(AdminCommand command, bool wantsDefault) =>
        transfer.ToGuest(command, (wantsDefault ? _none : _identifier).AsSpan(0, GetLength(command)));

    public override StatusCode Set(AdminCommand command)
    {
        Span<byte> data = stackalloc byte[LengthBytes];
        data.Clear();
        StatusCode status = transfer.FromGuest(command, data[..GetLength(command)]);
        if (status != StatusCode.Success)
            return status;
        status = subsystem.SetHost(
            member, BinaryPrimitives.ReadUInt128LittleEndian(data), GetLength(command) == LengthBytes);
        if (status == StatusCode.Success)
            data.CopyTo(_identifier);
        return status;
    }

    public override void Reset()
    {
        Array.Clear(_identifier);
        subsystem.ForgetHost(member);
    }

    private static int GetLength(AdminCommand command) =>
        (command.Entry.Cdw11 & Extended) != 0 ? LengthBytes : LengthBytes / 2;
}
