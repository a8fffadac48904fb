using System.Runtime.InteropServices;

namespace NvmeDoorbell.Spec;

/// <summary>
/// A submission queue entry, 64 bytes, little-endian. NVM Express Base Specification 2.0, "Submission Queue Entry",
/// figures "Common Command Format" and "Command Dword 0".
/// </summary>
/// <remarks>Copied out of guest RAM once; what is validated and what is used is then the same.</remarks>
[StructLayout(LayoutKind.Sequential, Size = SizeBytes)]
public readonly struct SubmissionEntry
{
    /// <summary>Length of an entry in bytes: CC.IOSQES is its base-2 logarithm, 6.</summary>
    public const int SizeBytes = 64;

    private readonly uint _cdw0;
    private readonly uint _namespaceId;
    private readonly uint _cdw2;
    private readonly uint _cdw3;
    private readonly ulong _metadataPointer;
    private readonly ulong _prp1;
    private readonly ulong _prp2;
    private readonly uint _cdw10;
    private readonly uint _cdw11;
    private readonly uint _cdw12;
    private readonly uint _cdw13;
    private readonly uint _cdw14;
    private readonly uint _cdw15;

    /// <summary>Command Dword 0: opcode, fuse, PSDT, command identifier.</summary>
    public uint Cdw0 { get => _cdw0; init => _cdw0 = value; }

    /// <summary>Opcode (OPC), CDW0 bits 7:0: an <see cref="AdminOpcode"/> or an <see cref="IoOpcode"/>.</summary>
    public byte Opcode { get => (byte)_cdw0; init => _cdw0 = (_cdw0 & ~0xFFu) | value; }

    /// <summary>Fused Operation (FUSE), CDW0 bits 9:8.</summary>
    public FusedOperation Fuse
    {
        get => (FusedOperation)((_cdw0 >> 8) & 3);
        init => _cdw0 = (_cdw0 & ~0x300u) | (((uint)value & 3) << 8);
    }

    /// <summary>PRP or SGL for Data Transfer (PSDT), CDW0 bits 15:14.</summary>
    public DataTransferKind Psdt
    {
        get => (DataTransferKind)((_cdw0 >> 14) & 3);
        init => _cdw0 = (_cdw0 & ~0xC000u) | (((uint)value & 3) << 14);
    }

    /// <summary>Command Identifier (CID), CDW0 bits 31:16.</summary>
    public ushort CommandId
    {
        get => (ushort)(_cdw0 >> 16);
        init => _cdw0 = (_cdw0 & 0xFFFF) | ((uint)value << 16);
    }

    /// <summary>
    /// Namespace Identifier (NSID), CDW1. 0: not used; FFFFFFFFh: all (see <see cref="NamespaceIds"/>).
    /// </summary>
    public uint NamespaceId { get => _namespaceId; init => _namespaceId = value; }

    /// <summary>Command Dword 2, command specific.</summary>
    public uint Cdw2 { get => _cdw2; init => _cdw2 = value; }

    /// <summary>Command Dword 3, command specific.</summary>
    public uint Cdw3 { get => _cdw3; init => _cdw3 = value; }

    /// <summary>Metadata Pointer (MPTR), CDW4 and CDW5.</summary>
    public ulong MetadataPointer { get => _metadataPointer; init => _metadataPointer = value; }

    /// <summary>PRP Entry 1, CDW6 and CDW7; with SGLs the address of the descriptor.</summary>
    public ulong Prp1 { get => _prp1; init => _prp1 = value; }

    /// <summary>PRP Entry 2, CDW8 and CDW9; with SGLs length, type and subtype of the descriptor.</summary>
    public ulong Prp2 { get => _prp2; init => _prp2 = value; }

    /// <summary>Command Dword 10, command specific.</summary>
    public uint Cdw10 { get => _cdw10; init => _cdw10 = value; }

    /// <summary>Command Dword 11, command specific.</summary>
    public uint Cdw11 { get => _cdw11; init => _cdw11 = value; }

    /// <summary>Command Dword 12, command specific.</summary>
    public uint Cdw12 { get => _cdw12; init => _cdw12 = value; }

    /// <summary>Command Dword 13, command specific.</summary>
    public uint Cdw13 { get => _cdw13; init => _cdw13 = value; }

    /// <summary>Command Dword 14, command specific.</summary>
    public uint Cdw14 { get => _cdw14; init => _cdw14 = value; }

    /// <summary>Command Dword 15, command specific.</summary>
    public uint Cdw15 { get => _cdw15; init => _cdw15 = value; }
}
