namespace NvmeDoorbell.Spec;

/// <summary>CAP: Controller Capabilities, 64 bits. Base Specification 2.0, "Offset 0h: CAP".</summary>
/// <param name="Value">The register as a host reads it.</param>
public readonly record struct ControllerCapabilities(ulong Value)
{
    /// <summary>MQES, bits 15:0: largest I/O queue, 0's based.</summary>
    public ushort MaximumQueueEntriesSupported { get => (ushort)Get(0, 16); init => Value = With(0, 16, value); }

    /// <summary>CQR, bit 16: queues must be physically contiguous.</summary>
    public bool ContiguousQueuesRequired { get => Get(16, 1) != 0; init => Value = With(16, 1, value ? 1u : 0); }

    /// <summary>AMS, bits 18:17: bit 0 weighted round robin with urgent class, bit 1 vendor specific.</summary>
    public byte ArbitrationMechanismSupported { get => (byte)Get(17, 2); init => Value = With(17, 2, value); }

    /// <summary>TO, bits 31:24: longest time for CSTS.RDY to follow CC.EN, in 500 ms.</summary>
    public byte Timeout { get => (byte)Get(24, 8); init => Value = With(24, 8, value); }

    /// <summary>DSTRD, bits 35:32: doorbells are 4 &lt;&lt; DSTRD bytes apart.</summary>
    public byte DoorbellStride { get => (byte)Get(32, 4); init => Value = With(32, 4, value); }

    /// <summary>NSSRS, bit 36: NVM Subsystem Reset supported.</summary>
    public bool SubsystemResetSupported { get => Get(36, 1) != 0; init => Value = With(36, 1, value ? 1u : 0); }

    /// <summary>CSS, bits 44:37: bit 0 NVM command set, bit 6 one or more sets, bit 7 no I/O command set.</summary>
    public byte CommandSetsSupported { get => (byte)Get(37, 8); init => Value = With(37, 8, value); }

    /// <summary>BPS, bit 45: boot partitions supported.</summary>
    public bool BootPartitionSupport { get => Get(45, 1) != 0; init => Value = With(45, 1, value ? 1u : 0); }

    /// <summary>CPS, bits 47:46: scope of power control.</summary>
    public byte ControllerPowerScope { get => (byte)Get(46, 2); init => Value = With(46, 2, value); }

    /// <summary>MPSMIN, bits 51:48: smallest host page is 2 ^ (12 + MPSMIN) bytes.</summary>
    public byte MemoryPageSizeMinimum { get => (byte)Get(48, 4); init => Value = With(48, 4, value); }

    /// <summary>MPSMAX, bits 55:52: largest host page is 2 ^ (12 + MPSMAX) bytes.</summary>
    public byte MemoryPageSizeMaximum { get => (byte)Get(52, 4); init => Value = With(52, 4, value); }

    /// <summary>PMRS, bit 56: persistent memory region supported.</summary>
    public bool PersistentMemoryRegionSupported
    {
        get => Get(56, 1) != 0;
        init => Value = With(56, 1, value ? 1u : 0);
    }

    /// <summary>CMBS, bit 57: controller memory buffer supported.</summary>
    public bool ControllerMemoryBufferSupported
    {
        get => Get(57, 1) != 0;
        init => Value = With(57, 1, value ? 1u : 0);
    }

    /// <summary>NSSS, bit 58: NVM subsystem shutdown supported.</summary>
    public bool SubsystemShutdownSupported { get => Get(58, 1) != 0; init => Value = With(58, 1, value ? 1u : 0); }

    /// <summary>
    /// CRMS, bits 60:59: bit 0 ready with media, bit 1 ready independent of media; CRTO is then valid.
    /// </summary>
    public byte ControllerReadyModesSupported { get => (byte)Get(59, 2); init => Value = With(59, 2, value); }

    private ulong Get(int shift, int width) => (Value >> shift) & ((1UL << width) - 1);

    private ulong With(int shift, int width, ulong field)
    {
        ulong mask = ((1UL << width) - 1) << shift;
        return (Value & ~mask) | ((field << shift) & mask);
    }
}
