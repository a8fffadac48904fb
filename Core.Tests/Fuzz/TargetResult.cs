namespace NvmeDoorbell.Tests.Fuzz;

/// <summary>What a run of one target came to.</summary>
/// <param name="Target">Which.</param>
/// <param name="Operations">As far as the child has told.</param>
/// <param name="Seconds">How long it took.</param>
/// <param name="Summary">What has happened to the device.</param>
/// <param name="Input">A file with the input that was found to be wrong, where there is one.</param>
/// <param name="Reports">What was found; none: all well.</param>
internal sealed record TargetResult(
    FuzzTarget Target, long Operations, double Seconds, string Summary, string? Input, IReadOnlyList<string> Reports)
{
    public bool HasFound => Reports.Count > 0;
}
