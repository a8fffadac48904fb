namespace NvmeDoorbell.Spec;

/// <summary>CSTS: Controller Status, 32 bits. Base Specification 2.0, "Offset 1Ch: CSTS".</summary>
/// <param name="Value">The register as a host reads it.</param>
public readonly record struct ControllerStatus(uint Value)
{
    /// <summary>RDY, bit 0: ready to process submission entries.</summary>
    public bool Ready { get => Get(0, 1) != 0; init => Value = With(0, 1, value ? 1u : 0); }

    /// <summary>CFS, bit 1: controller fatal status.</summary>
    public bool FatalStatus { get => Get(1, 1) != 0; init => Value = With(1, 1, value ? 1u : 0); }

    /// <summary>SHST, bits 3:2: shutdown status.</summary>
    public ShutdownStatus ShutdownStatus
    {
        get => (ShutdownStatus)Get(2, 2);
        init => Value = With(2, 2, (uint)value);
    }

    /// <summary>NSSRO, bit 4: an NVM subsystem reset has occurred. Written 1 to clear.</summary>
    public bool SubsystemResetOccurred { get => Get(4, 1) != 0; init => Value = With(4, 1, value ? 1u : 0); }

    /// <summary>PP, bit 5: command processing is paused.</summary>
    public bool ProcessingPaused { get => Get(5, 1) != 0; init => Value = With(5, 1, value ? 1u : 0); }

    /// <summary>ST, bit 6: the shutdown that SHST reports is of the NVM subsystem.</summary>
    public bool ShutdownType { get => Get(6, 1) != 0; init => Value = With(6, 1, value ? 1u : 0); }

    private uint Get(int shift, int width) => (Value >> shift) & ((1u << width) - 1);

    private uint With(int shift, int width, uint field)
    {
        uint mask = ((1u << width) - 1) << shift;
        return (Value & ~mask) | ((field << shift) & mask);
    }
}
