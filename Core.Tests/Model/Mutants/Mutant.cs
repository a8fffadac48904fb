namespace NvmeDoorbell.Model.Mutants;

/// <summary>A deliberate defect: one edit of a source that the model compiles.</summary>
/// <param name="Name">What the command line calls it.</param>
/// <param name="File">The file's name.</param>
/// <param name="Text">Occurs once in the file; white space matches any white space.</param>
/// <param name="Replacement">What stands there instead.</param>
/// <param name="Scenarios">Those that catch it: explored in turn until one does.</param>
internal sealed record Mutant(string Name, string File, string Text, string Replacement, params string[] Scenarios)
{
    /// <summary>Stands for a store that is no release, in a replacement.</summary>
    public const string Relaxed = "NvmeDoorbell.Model.Shims.ModelRelaxed.Write";

    /// <summary>Why nothing can be wrong without what it takes out, so that no scenario catches it; null: one does.</summary>
    public string? Unseen { get; init; }
}
