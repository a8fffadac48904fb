using NvmeDoorbell.Spec;

namespace NvmeDoorbell.Controller;

/// <summary>
/// An entry of the error information log (NVMe Base 2.0, figure "Error Information Log Entry Data Structure").
/// </summary>
internal readonly record struct ErrorEntry
{
    private const ushort None = 0xFFFF;

    public ErrorEntry()
    {
    }

    /// <summary>The submission queue.</summary>
    public ushort SqId { get; init; }

    /// <summary>The command; FFFFh: no particular one.</summary>
    public ushort CommandId { get; init; } = None;

    /// <summary>The command's opcode.</summary>
    public byte Opcode { get; init; }

    /// <summary>The status that it ended with.</summary>
    public StatusCode Status { get; init; }

    /// <summary>Parameter Error Location; FFFFh: no particular byte of the command.</summary>
    public ushort Location { get; init; } = None;

    /// <summary>The first logical block concerned, or 0.</summary>
    public ulong Lba { get; init; }

    /// <summary>The command's NSID, or 0.</summary>
    public uint NamespaceId { get; init; }
}
