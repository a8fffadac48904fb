namespace NvmeDoorbell.Spec;

/// <summary>AQA: Admin Queue Attributes, 32 bits. Base Specification 2.0, "Offset 24h: AQA".</summary>
/// <param name="Value">The register as a host writes it.</param>
public readonly record struct AdminQueueAttributes(uint Value)
{
    /// <summary>The bits that mean something: the others are reserved and read as 0.</summary>
    public const uint DefinedBits = 0x0FFF_0FFF;

    /// <summary>ASQS, bits 11:0: entries of the admin submission queue, 0's based.</summary>
    public ushort SubmissionQueueSize
    {
        get => (ushort)(Value & 0xFFF);
        init => Value = (Value & ~0xFFFu) | (value & 0xFFFu);
    }

    /// <summary>ACQS, bits 27:16: entries of the admin completion queue, 0's based.</summary>
    public ushort CompletionQueueSize
    {
        get => (ushort)((Value >> 16) & 0xFFF);
        init => Value = (Value & ~0x0FFF_0000u) | ((value & 0xFFFu) << 16);
    }
}
