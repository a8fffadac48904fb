namespace NvmeDoorbell.Spec;

/// <summary>CC: Controller Configuration, 32 bits. Base Specification 2.0, "Offset 14h: CC".</summary>
/// <param name="Value">The register as a host writes it.</param>
public readonly record struct ControllerConfiguration(uint Value)
{
    /// <summary>The bits that mean something: the others are reserved and read as 0.</summary>
    public const uint DefinedBits = 0x01FF_FFF1;

    /// <summary>EN, bit 0: enable.</summary>
    public bool Enable { get => Get(0, 1) != 0; init => Value = With(0, 1, value ? 1u : 0); }

    /// <summary>CSS, bits 6:4: I/O command set selected; 000b NVM, 110b all supported, 111b admin only.</summary>
    public byte CommandSetSelected { get => (byte)Get(4, 3); init => Value = With(4, 3, value); }

    /// <summary>MPS, bits 10:7: host page is 2 ^ (12 + MPS) bytes.</summary>
    public byte MemoryPageSize { get => (byte)Get(7, 4); init => Value = With(7, 4, value); }

    /// <summary>AMS, bits 13:11: arbitration mechanism selected.</summary>
    public ArbitrationMechanism ArbitrationMechanism
    {
        get => (ArbitrationMechanism)Get(11, 3);
        init => Value = With(11, 3, (uint)value);
    }

    /// <summary>SHN, bits 15:14: shutdown notification.</summary>
    public ShutdownNotification ShutdownNotification
    {
        get => (ShutdownNotification)Get(14, 2);
        init => Value = With(14, 2, (uint)value);
    }

    /// <summary>IOSQES, bits 19:16: I/O submission entries are 2 ^ IOSQES bytes; 6 for the NVM command set.</summary>
    public byte IoSubmissionEntrySize { get => (byte)Get(16, 4); init => Value = With(16, 4, value); }

    /// <summary>IOCQES, bits 23:20: I/O completion entries are 2 ^ IOCQES bytes; 4 for the NVM command set.</summary>
    public byte IoCompletionEntrySize { get => (byte)Get(20, 4); init => Value = With(20, 4, value); }

    /// <summary>CRIME, bit 24: ready independent of media.</summary>
    public bool ReadyIndependentOfMedia { get => Get(24, 1) != 0; init => Value = With(24, 1, value ? 1u : 0); }

    private uint Get(int shift, int width) => (Value >> shift) & ((1u << width) - 1);

    private uint With(int shift, int width, uint field)
    {
        uint mask = ((1u << width) - 1) << shift;
        return (Value & ~mask) | ((field << shift) & mask);
    }
}
