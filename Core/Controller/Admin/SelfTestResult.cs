using System.Buffers.Binary;
using NvmeDoorbell.Spec;

namespace NvmeDoorbell.Controller;

/// <summary>How a self-test ended (NVMe Base 2.0, figure "Self-test Result Data Structure").</summary>
/// <param name="Code">Which test it was.</param>
/// <param name="Outcome">How it ended.</param>
/// <param name="Hours">Power On Hours then.</param>
/// <param name="NamespaceId">What it tested: the NSID of the command; of a failure, the namespace that failed.</param>
/// <param name="Segment">The segment that failed, or 0.</param>
/// <param name="FailingLba">The first block of the read that failed; null: no block is to blame.</param>
/// <param name="Status">Of a failure: what a Read would have ended with.</param>
internal sealed record SelfTestResult(
    SelfTestCode Code,
    SelfTestOutcome Outcome,
    ulong Hours,
    uint NamespaceId,
    byte Segment = 0,
    ulong? FailingLba = null,
    StatusCode Status = StatusCode.Success)
{
    /// <summary>Size in bytes.</summary>
    public const int LengthBytes = 28;

    private const byte NamespaceIsValid = 1 << 0;
    private const byte LbaIsValid = 1 << 1;
    private const byte StatusIsValid = 3 << 2; // type and code

    /// <summary>Saves it.</summary>
    public void Save(StateWriter writer)
    {
        writer.Write((byte)Code);
        writer.Write((byte)Outcome);
        writer.Write(Hours);
        writer.Write(NamespaceId);
        writer.Write(Segment);
        writer.Write(FailingLba is not null);
        writer.Write(FailingLba.GetValueOrDefault());
        writer.Write((ushort)Status);
    }

    /// <summary>Reads one.</summary>
    public static SelfTestResult Read(ref StateReader reader)
    {
        var code = (SelfTestCode)reader.ReadByte();
        var outcome = (SelfTestOutcome)reader.ReadByte();
        reader.Require(
            Enum.IsDefined(code) && Enum.IsDefined(outcome) && outcome != SelfTestOutcome.NotUsed,
            "a self-test has a kind or an end that there is not");
        ulong hours = reader.ReadUInt64();
        uint nsid = reader.ReadUInt32();
        byte segment = reader.ReadByte();
        bool hasLba = reader.ReadBoolean();
        ulong lba = reader.ReadUInt64();
        return new SelfTestResult(
            code, outcome, hours, nsid, segment, hasLba ? lba : null, (StatusCode)reader.ReadUInt16());
    }

    /// <summary>Writes the structure into zeroed memory.</summary>
    public void Write(Span<byte> entry)
    {
        entry[0] = (byte)((int)Code << 4 | (int)Outcome);
        entry[1] = Segment;
        byte valid = NamespaceId == 0 ? (byte)0 : NamespaceIsValid;
        BinaryPrimitives.WriteUInt64LittleEndian(entry[4..], Hours);
        BinaryPrimitives.WriteUInt32LittleEndian(entry[12..], NamespaceId);
        if (FailingLba is { } lba)
        {
            valid |= LbaIsValid | StatusIsValid;
            BinaryPrimitives.WriteUInt64LittleEndian(entry[16..], lba);
            entry[24] = Status.Type();
            entry[25] = Status.Code();
        }
        entry[2] = valid;
    }
}
