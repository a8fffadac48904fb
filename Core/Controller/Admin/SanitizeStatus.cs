using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;

namespace NvmeDoorbell.Controller;

/// <summary>The last sanitize operation, as log page 81h tells it (NVMe Base 2.0, "Sanitize Status Log Page").</summary>
internal sealed class SanitizeStatus
{
    /// <summary>Size of the log page in bytes.</summary>
    public const int LengthBytes = 512;

    private const ushort NeverSanitized = 0;
    private const ushort Completed = 1;
    private const ushort InProgress = 2;
    private const ushort Failed = 3;
    private const ushort CompletedWithoutDeallocation = 4;
    private const int PassesShift = 3;
    private const ushort NoProgress = 0xFFFF;

    private readonly uint _options;
    private readonly ushort _state;

    private SanitizeStatus(uint options, ushort state) => (_options, _state) = (options, state);

    public static SanitizeStatus None { get; } = new(0, NeverSanitized);

    public bool IsInProgress => _state == InProgress;

    public bool HasFailed => _state == Failed;

    private bool IsOverwrite => (_options & SanitizeCommand.ActionMask) == SanitizeCommand.Overwrite;

    /// <summary>AUSE: a failure may be left without another sanitize operation.</summary>
    public bool AllowsUnrestrictedExit => (_options & SanitizeCommand.AllowUnrestrictedExit) != 0;

    public static SanitizeStatus Start(uint options) => new(options, InProgress);

    /// <summary>The disks' room may be given back.</summary>
    public bool MayDeallocate => (_options & SanitizeCommand.NoDeallocate) == 0;

    /// <summary>Saves it.</summary>
    public void Save(StateWriter writer)
    {
        writer.Write(_options);
        writer.Write(_state);
    }

    /// <summary>Makes it again. False: there is no such state.</summary>
    public static bool TryMake(uint options, ushort state, [NotNullWhen(true)] out SanitizeStatus? status)
    {
        status = state <= CompletedWithoutDeallocation ? new SanitizeStatus(options, state) : null;
        return status is not null;
    }

    /// <summary>How the operation in progress has ended.</summary>
    public SanitizeStatus End(bool isSuccess)
    {
        ushort success = (_options & SanitizeCommand.NoDeallocate) != 0 ? CompletedWithoutDeallocation : Completed;
        return new SanitizeStatus(_options, isSuccess ? success : Failed);
    }

    /// <summary>Writes the log page into zeroed memory.</summary>
    /// <param name="page">The page.</param>
    /// <param name="progress">How far the operation in progress is, 0 to 1.</param>
    /// <param name="passes">Overwrite passes done.</param>
    public void Write(Span<byte> page, double progress, int passes)
    {
        ushort sprog = IsInProgress ? (ushort)Math.Min(progress * 65536, NoProgress) : NoProgress;
        BinaryPrimitives.WriteUInt16LittleEndian(page, sprog);
        BinaryPrimitives.WriteUInt16LittleEndian(page[2..], (ushort)(_state | (IsOverwrite ? Math.Min(passes, 16) : 0) << PassesShift));
        BinaryPrimitives.WriteUInt32LittleEndian(page[4..], _options);
        page[8..32].Fill(0xFF); // no estimates of the times
    }
}
