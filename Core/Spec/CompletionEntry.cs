using System.Runtime.InteropServices;

namespace NvmeDoorbell.Spec;

/// <summary>
/// A completion queue entry, 16 bytes, little-endian. Base Specification 2.0, "Common Completion Queue Entry".
/// </summary>
[StructLayout(LayoutKind.Sequential, Size = SizeBytes)]
public readonly struct CompletionEntry
{
    /// <summary>Length of an entry in bytes: CC.IOCQES is its base-2 logarithm, 4.</summary>
    public const int SizeBytes = 16;

    private readonly uint _result;
    private readonly uint _dword1;
    private readonly ushort _sqHead;
    private readonly ushort _sqId;
    private readonly ushort _commandId;
    private readonly ushort _phaseAndStatus;

    private CompletionEntry(
        uint result, uint dword1, ushort sqHead, ushort sqId, ushort commandId, ushort phaseAndStatus)
    {
        _result = result;
        _dword1 = dword1;
        _sqHead = sqHead;
        _sqId = sqId;
        _commandId = commandId;
        _phaseAndStatus = phaseAndStatus;
    }

    /// <summary>Dword 0: the command specific result.</summary>
    public uint Result => _result;

    /// <summary>Dword 1: command specific, mostly reserved.</summary>
    public uint Dword1 => _dword1;

    /// <summary>SQ Head Pointer (SQHD): entries before it have been consumed.</summary>
    public ushort SqHead => _sqHead;

    /// <summary>SQ Identifier (SQID).</summary>
    public ushort SqId => _sqId;

    /// <summary>Command Identifier (CID) of the command that is completed.</summary>
    public ushort CommandId => _commandId;

    /// <summary>Phase Tag (P), Dword 3 bit 16: inverted on each pass through the queue.</summary>
    public bool Phase => (_phaseAndStatus & 1) != 0;

    /// <summary>Status, Dword 3 bits 31:17, Do Not Retry included.</summary>
    public StatusCode Status => (StatusCode)(_phaseAndStatus >> 1);

    /// <summary>
    /// The low half of the entry, Dwords 0 and 1: written first. See <see cref="HighHalf"/>.
    /// </summary>
    public ulong LowHalf => _result | ((ulong)_dword1 << 32);

    /// <summary>
    /// The high half, Dwords 2 and 3, with the phase tag: written last, with release, so that a host that sees the new
    /// phase sees the whole entry.
    /// </summary>
    public ulong HighHalf =>
        _sqHead | ((ulong)_sqId << 16) | ((ulong)_commandId << 32) | ((ulong)_phaseAndStatus << 48);

    /// <summary>Builds an entry.</summary>
    /// <param name="commandId">Identifier of the command that is completed.</param>
    /// <param name="sqId">The submission queue that it came from.</param>
    /// <param name="sqHead">That queue's head now.</param>
    /// <param name="phase">Phase tag of the completion queue's current pass.</param>
    /// <param name="status">Status, with <see cref="StatusCode.DoNotRetry"/> where it applies.</param>
    /// <param name="result">Dword 0.</param>
    /// <param name="dword1">Dword 1.</param>
    public static CompletionEntry Create(
        ushort commandId, ushort sqId, ushort sqHead, bool phase, StatusCode status,
        uint result = 0, uint dword1 = 0) =>
        new(result, dword1, sqHead, sqId, commandId, (ushort)(((uint)status << 1) | (phase ? 1u : 0u)));
}
