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
