using System.Buffers.Binary;
using NvmeDoorbell.Spec;

namespace NvmeDoorbell.Tests.Drivers;

/// <summary>Submission entries of I/O commands, as a driver makes them.</summary>
internal static class IoEntries
{
    public static SubmissionEntry Read(
        ushort commandId, ulong lba, uint blocks, ulong prp1, ulong prp2 = 0, uint nsid = 1) =>
        Block(IoOpcode.Read, commandId, lba, blocks, prp1, prp2, nsid);

    public static SubmissionEntry Write(
        ushort commandId, ulong lba, uint blocks, ulong prp1, ulong prp2 = 0, uint nsid = 1, bool fua = false) =>
        Block(IoOpcode.Write, commandId, lba, blocks, prp1, prp2, nsid, fua);

    public static SubmissionEntry WriteZeroes(ushort commandId, ulong lba, uint blocks, uint nsid = 1) =>
        Block(IoOpcode.WriteZeroes, commandId, lba, blocks, 0, 0, nsid);

    public static SubmissionEntry Compare(
        ushort commandId, ulong lba, uint blocks, ulong prp1, ulong prp2 = 0, uint nsid = 1) =>
        Block(IoOpcode.Compare, commandId, lba, blocks, prp1, prp2, nsid);

    public static SubmissionEntry Verify(ushort commandId, ulong lba, uint blocks, uint nsid = 1) =>
        Block(IoOpcode.Verify, commandId, lba, blocks, 0, 0, nsid);

    public static SubmissionEntry WriteUncorrectable(ushort commandId, ulong lba, uint blocks, uint nsid = 1) =>
        Block(IoOpcode.WriteUncorrectable, commandId, lba, blocks, 0, 0, nsid);

    /// <summary>Deallocates ranges that lie at an address.</summary>
    public static SubmissionEntry Deallocate(ushort commandId, ulong prp1, int ranges, uint nsid = 1) => new()
    {
        Opcode = (byte)IoOpcode.DatasetManagement,
        CommandId = commandId,
        NamespaceId = nsid,
        Prp1 = prp1,
        Cdw10 = (uint)(ranges - 1),
        Cdw11 = 4,
    };

    /// <summary>Copies source ranges that lie at an address.</summary>
    public static SubmissionEntry Copy(
        ushort commandId, ulong lba, ulong prp1, int ranges, uint nsid = 1, bool fua = false) => new()
        {
            Opcode = (byte)IoOpcode.Copy,
            CommandId = commandId,
            NamespaceId = nsid,
            Prp1 = prp1,
            Cdw10 = (uint)lba,
            Cdw11 = (uint)(lba >> 32),
            Cdw12 = (uint)(ranges - 1) | (fua ? 1u << 30 : 0),
        };

    /// <summary>A range of Dataset Management.</summary>
    public static byte[] Range(ulong lba, uint blocks, uint attributes = 0)
    {
        var range = new byte[16];
        BinaryPrimitives.WriteUInt32LittleEndian(range, attributes);
        BinaryPrimitives.WriteUInt32LittleEndian(range.AsSpan(4), blocks);
        BinaryPrimitives.WriteUInt64LittleEndian(range.AsSpan(8), lba);
        return range;
    }

    /// <summary>A source range entry of Copy, format 0h.</summary>
    public static byte[] Source(ulong lba, uint blocks)
    {
        var source = new byte[32];
        BinaryPrimitives.WriteUInt64LittleEndian(source.AsSpan(8), lba);
        BinaryPrimitives.WriteUInt16LittleEndian(source.AsSpan(16), (ushort)(blocks - 1));
        return source;
    }

    public static SubmissionEntry Flush(ushort commandId, uint nsid = 1) =>
        new() { Opcode = (byte)IoOpcode.Flush, CommandId = commandId, NamespaceId = nsid };

    private static SubmissionEntry Block(
        IoOpcode opcode,
        ushort commandId,
        ulong lba,
        uint blocks,
        ulong prp1,
        ulong prp2,
        uint nsid,
        bool fua = false) => new()
        {
            Opcode = (byte)opcode,
            CommandId = commandId,
            NamespaceId = nsid,
            Prp1 = prp1,
            Prp2 = prp2,
            Cdw10 = (uint)lba,
            Cdw11 = (uint)(lba >> 32),
            Cdw12 = ((blocks - 1) & 0xFFFF) | (fua ? 1u << 30 : 0),
        };
}
