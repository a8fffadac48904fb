using System.Buffers.Binary;
using System.Text;

namespace NvmeDoorbell.Spec;

/// <summary>
/// Identify Controller data structure (CNS 01h), a view over its 4096 bytes. Base Specification 2.0, "Identify
/// Controller Data Structure, I/O Command Set Independent". Each property says its offset. What is not set is 0.
/// </summary>
public readonly ref struct IdentifyControllerData
{
    /// <summary>Length of the structure in bytes.</summary>
    public const int SizeBytes = 4096;

    private readonly Span<byte> _bytes;

    /// <summary>A view over <paramref name="bytes"/>, which are read and written in place.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Fewer than <see cref="SizeBytes"/> bytes.</exception>
    public IdentifyControllerData(Span<byte> bytes) => _bytes = bytes[..SizeBytes];

    /// <summary>VID, 0: PCI Vendor ID.</summary>
    public ushort VendorId { get => U16(0); set => U16(0, value); }

    /// <summary>SSVID, 2: PCI Subsystem Vendor ID.</summary>
    public ushort SubsystemVendorId { get => U16(2); set => U16(2, value); }

    /// <summary>SN, 4: Serial Number, 20 ASCII characters, padded with spaces; longer ones are cut.</summary>
    public string SerialNumber { get => Text(4, 20); set => Text(4, 20, value); }

    /// <summary>MN, 24: Model Number, 40 ASCII characters, padded with spaces; longer ones are cut.</summary>
    public string ModelNumber { get => Text(24, 40); set => Text(24, 40, value); }

    /// <summary>FR, 64: Firmware Revision, 8 ASCII characters, padded with spaces; longer ones are cut.</summary>
    public string FirmwareRevision { get => Text(64, 8); set => Text(64, 8, value); }

    /// <summary>RAB, 72: Recommended Arbitration Burst, a power of two.</summary>
    public byte RecommendedArbitrationBurst { get => _bytes[72]; set => _bytes[72] = value; }

    /// <summary>IEEE, 73: OUI Identifier, 24 bits.</summary>
    public uint OuiIdentifier
    {
        get => _bytes[73] | ((uint)_bytes[74] << 8) | ((uint)_bytes[75] << 16);
        set
        {
            _bytes[73] = (byte)value;
            _bytes[74] = (byte)(value >> 8);
            _bytes[75] = (byte)(value >> 16);
        }
    }

    /// <summary>
    /// CMIC, 76: Controller Multi-Path I/O and Namespace Sharing Capabilities; bit 1: several controllers.
    /// </summary>
    public byte MultiPathCapabilities { get => _bytes[76]; set => _bytes[76] = value; }

    /// <summary>MDTS, 77: largest transfer is 2 ^ MDTS pages of CAP.MPSMIN; 0: no limit.</summary>
    public byte MaximumDataTransferSize { get => _bytes[77]; set => _bytes[77] = value; }

    /// <summary>CNTLID, 78: Controller ID.</summary>
    public ushort ControllerId { get => U16(78); set => U16(78, value); }

    /// <summary>VER, 80: as VS; see <see cref="NvmeVersion"/>.</summary>
    public uint Version { get => U32(80); set => U32(80, value); }

    /// <summary>RTD3R, 84: RTD3 Resume Latency, microseconds.</summary>
    public uint RuntimeD3ResumeLatencyUs { get => U32(84); set => U32(84, value); }

    /// <summary>RTD3E, 88: RTD3 Entry Latency, microseconds.</summary>
    public uint RuntimeD3EntryLatencyUs { get => U32(88); set => U32(88, value); }

    /// <summary>OAES, 92: Optional Asynchronous Events Supported; its bits 8 and up.</summary>
    public AsynchronousEventConfiguration AsynchronousEventsSupported
    {
        get => (AsynchronousEventConfiguration)U32(92);
        set => U32(92, (uint)value);
    }

    /// <summary>CTRATT, 96: Controller Attributes.</summary>
    public uint ControllerAttributes { get => U32(96); set => U32(96, value); }

    /// <summary>RRLS, 100: Read Recovery Levels Supported.</summary>
    public ushort ReadRecoveryLevelsSupported { get => U16(100); set => U16(100, value); }

    /// <summary>CNTRLTYPE, 111: Controller Type; 1 I/O, 2 discovery, 3 administrative.</summary>
    public byte ControllerType { get => _bytes[111]; set => _bytes[111] = value; }

    /// <summary>FGUID, 112: FRU Globally Unique Identifier, 16 bytes.</summary>
    public Span<byte> FruGuid => _bytes.Slice(112, 16);

    /// <summary>OACS, 256: Optional Admin Command Support.</summary>
    public OptionalAdminCommands OptionalAdminCommands
    {
        get => (OptionalAdminCommands)U16(256);
        set => U16(256, (ushort)value);
    }

    /// <summary>ACL, 258: Abort Command Limit, 0's based.</summary>
    public byte AbortCommandLimit { get => _bytes[258]; set => _bytes[258] = value; }

    /// <summary>AERL, 259: Asynchronous Event Request Limit, 0's based.</summary>
    public byte AsynchronousEventRequestLimit { get => _bytes[259]; set => _bytes[259] = value; }

    /// <summary>FRMW, 260: Firmware Updates; bit 0 slot 1 read only, bits 3:1 number of slots.</summary>
    public byte FirmwareUpdates { get => _bytes[260]; set => _bytes[260] = value; }

    /// <summary>LPA, 261: Log Page Attributes; bit 0 SMART per namespace, bit 1 effects, bit 2 extended data.</summary>
    public byte LogPageAttributes { get => _bytes[261]; set => _bytes[261] = value; }

    /// <summary>ELPE, 262: Error Log Page Entries, 0's based.</summary>
    public byte ErrorLogPageEntries { get => _bytes[262]; set => _bytes[262] = value; }

    /// <summary>NPSS, 263: Number of Power States Support, 0's based.</summary>
    public byte PowerStates { get => _bytes[263]; set => _bytes[263] = value; }

    /// <summary>AVSCC, 264: Admin Vendor Specific Command Configuration.</summary>
    public byte AdminVendorSpecificConfiguration { get => _bytes[264]; set => _bytes[264] = value; }

    /// <summary>APSTA, 265: Autonomous Power State Transition Attributes.</summary>
    public byte AutonomousPowerStateAttributes { get => _bytes[265]; set => _bytes[265] = value; }

    /// <summary>WCTEMP, 266: Warning Composite Temperature Threshold, kelvin.</summary>
    public ushort WarningTemperatureKelvin { get => U16(266); set => U16(266, value); }

    /// <summary>CCTEMP, 268: Critical Composite Temperature Threshold, kelvin.</summary>
    public ushort CriticalTemperatureKelvin { get => U16(268); set => U16(268, value); }

    /// <summary>TNVMCAP, 280: Total NVM Capacity, bytes; the low 64 of its 128 bits.</summary>
    public ulong TotalCapacityBytes { get => U64(280); set => U64(280, value); }

    /// <summary>UNVMCAP, 296: Unallocated NVM Capacity, bytes; the low 64 of its 128 bits.</summary>
    public ulong UnallocatedCapacityBytes { get => U64(296); set => U64(296, value); }

    /// <summary>EDSTT, 316: Extended Device Self-test Time, minutes.</summary>
    public ushort ExtendedSelfTestTimeMinutes { get => U16(316); set => U16(316, value); }

    /// <summary>DSTO, 318: Device Self-test Options.</summary>
    public byte SelfTestOptions { get => _bytes[318]; set => _bytes[318] = value; }

    /// <summary>KAS, 320: Keep Alive Support, in 100 ms; 0: not supported.</summary>
    public ushort KeepAliveSupport { get => U16(320); set => U16(320, value); }

    /// <summary>SANICAP, 328: Sanitize Capabilities.</summary>
    public uint SanitizeCapabilities { get => U32(328); set => U32(328, value); }

    /// <summary>SQES, 512: bits 3:0 smallest, 7:4 largest submission entry, base-2 logarithms.</summary>
    public byte SubmissionEntrySize { get => _bytes[512]; set => _bytes[512] = value; }

    /// <summary>CQES, 513: bits 3:0 smallest, 7:4 largest completion entry, base-2 logarithms.</summary>
    public byte CompletionEntrySize { get => _bytes[513]; set => _bytes[513] = value; }

    /// <summary>MAXCMD, 514: most commands outstanding in a queue.</summary>
    public ushort MaximumOutstandingCommands { get => U16(514); set => U16(514, value); }

    /// <summary>NN, 516: Number of Namespaces: the highest NSID.</summary>
    public uint NumberOfNamespaces { get => U32(516); set => U32(516, value); }

    /// <summary>ONCS, 520: Optional NVM Command Support.</summary>
    public OptionalIoCommands OptionalIoCommands
    {
        get => (OptionalIoCommands)U16(520);
        set => U16(520, (ushort)value);
    }

    /// <summary>FUSES, 522: Fused Operation Support; bit 0 Compare and Write.</summary>
    public ushort FusedOperationSupport { get => U16(522); set => U16(522, value); }

    /// <summary>FNA, 524: Format NVM Attributes.</summary>
    public byte FormatNvmAttributes { get => _bytes[524]; set => _bytes[524] = value; }

    /// <summary>VWC, 525: bit 0 a volatile write cache is present; bits 2:1: 11b Flush takes NSID FFFFFFFFh.</summary>
    public byte VolatileWriteCache { get => _bytes[525]; set => _bytes[525] = value; }

    /// <summary>AWUN, 526: Atomic Write Unit Normal, logical blocks, 0's based.</summary>
    public ushort AtomicWriteUnitNormal { get => U16(526); set => U16(526, value); }

    /// <summary>AWUPF, 528: Atomic Write Unit Power Fail, logical blocks, 0's based.</summary>
    public ushort AtomicWriteUnitPowerFail { get => U16(528); set => U16(528, value); }

    /// <summary>NWPC, 531: Namespace Write Protection Capabilities.</summary>
    public byte WriteProtectionCapabilities { get => _bytes[531]; set => _bytes[531] = value; }

    /// <summary>ACWU, 532: Atomic Compare and Write Unit, logical blocks, 0's based.</summary>
    public ushort AtomicCompareAndWriteUnit { get => U16(532); set => U16(532, value); }

    /// <summary>CDFS, 534: Copy Descriptor Formats Supported.</summary>
    public ushort CopyDescriptorFormats { get => U16(534); set => U16(534, value); }

    /// <summary>SGLS, 536: SGL Support; 0: none.</summary>
    public uint SglSupport { get => U32(536); set => U32(536, value); }

    /// <summary>MNAN, 540: Maximum Number of Allowed Namespaces; 0: as NN.</summary>
    public uint MaximumAllowedNamespaces { get => U32(540); set => U32(540, value); }

    /// <summary>SUBNQN, 768: NVM Subsystem NVMe Qualified Name, 256 bytes of UTF-8, padded with zeroes.</summary>
    /// <exception cref="ArgumentException">Longer than 223 bytes, the longest name.</exception>
    public string SubsystemQualifiedName
    {
        get => Encoding.UTF8.GetString(_bytes.Slice(768, 256)).TrimEnd('\0');
        set
        {
            if (Encoding.UTF8.GetByteCount(value) > 223)
                throw new ArgumentException("An NVMe qualified name has at most 223 bytes.", nameof(value));
            Span<byte> name = _bytes.Slice(768, 256);
            name.Clear();
            Encoding.UTF8.GetBytes(value, name);
        }
    }

    /// <summary>PSD0, 2048, and the 31 after it: Power State Descriptors, 32 bytes each; 3072 is their end.</summary>
    public Span<byte> PowerStateDescriptor(int index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(index, 31);
        return _bytes.Slice(2048 + (32 * index), 32);
    }

    private ushort U16(int offset) => BinaryPrimitives.ReadUInt16LittleEndian(_bytes[offset..]);

    private void U16(int offset, ushort value) => BinaryPrimitives.WriteUInt16LittleEndian(_bytes[offset..], value);

    private uint U32(int offset) => BinaryPrimitives.ReadUInt32LittleEndian(_bytes[offset..]);

    private void U32(int offset, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(_bytes[offset..], value);

    private ulong U64(int offset) => BinaryPrimitives.ReadUInt64LittleEndian(_bytes[offset..]);

    private void U64(int offset, ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(_bytes[offset..], value);

    private string Text(int offset, int length) =>
        Encoding.ASCII.GetString(_bytes.Slice(offset, length)).TrimEnd(' ');

    private void Text(int offset, int length, string value) => AsciiField.Write(_bytes.Slice(offset, length), value);
}
