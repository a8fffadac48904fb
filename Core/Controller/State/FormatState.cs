namespace NvmeDoorbell.Controller;

/// <summary>How far a format has come.</summary>
/// <param name="Index">Of the LBA format that the namespace gets.</param>
/// <param name="Pass">Passes over the disk that are through.</param>
/// <param name="OffsetBytes">How much of the next one.</param>
internal sealed record FormatState(int Index, uint Pass, ulong OffsetBytes);
