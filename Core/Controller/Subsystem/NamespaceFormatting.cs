namespace NvmeDoorbell.Controller;

/// <summary>A namespace is being formatted.</summary>
/// <param name="Format">Index of the LBA format that it gets.</param>
/// <param name="Run">The command; null: nobody waits for it any more.</param>
internal sealed record NamespaceFormatting(int Format, FormatRun? Run);
