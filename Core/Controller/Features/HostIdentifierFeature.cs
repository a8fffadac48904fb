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
    private bool _isExtended;
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
        {
            data.CopyTo(_identifier);
            _isExtended = GetLength(command) == LengthBytes;
        }
        return status;
    }

    public override void Save(StateWriter writer)
    {
        writer.Write(_identifier);
        writer.Write(_isExtended);
    }

    public override Action Read(ref StateReader reader)
    {
        byte[] identifier = reader.ReadBytes(LengthBytes).ToArray();
        bool isExtended = reader.ReadBoolean();
        UInt128 value = BinaryPrimitives.ReadUInt128LittleEndian(identifier);
        reader.Require(
            subsystem.MayHaveHost(member, value, isExtended), "another controller's host has an identifier of another length");
        return () =>
        {
            if (subsystem.SetHost(member, value, isExtended) == StatusCode.Success)
                identifier.CopyTo(_identifier, 0);
            _isExtended = isExtended;
        };
    }

    public override void Reset()
    {
        Array.Clear(_identifier);
        _isExtended = false;
        subsystem.ForgetHost(member);
    }

    private static int GetLength(AdminCommand command) =>
        (command.Entry.Cdw11 & Extended) != 0 ? LengthBytes : LengthBytes / 2;
}
