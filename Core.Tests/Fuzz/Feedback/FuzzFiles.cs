namespace NvmeDoorbell.Tests.Fuzz.Feedback;

/// <summary>Where runs keep what they find: below <c>artifacts/fuzz</c>.</summary>
internal static class FuzzFiles
{
    public static string Root { get; } = FindRoot();

    /// <summary>The program once more, with its subjects instrumented.</summary>
    public static string Instrumented => Path.Combine(Root, "instrumented");

    /// <summary>What a target's runs have found to be new, one input a line.</summary>
    public static string CorpusOf(string target) => Path.Combine(Root, "corpus", $"{target}.txt");

    /// <summary>A small set of inputs that takes every branch that all of them take.</summary>
    public static string DistilledOf(string target) => Path.Combine(Root, "distilled", $"{target}.txt");

    public static string CurrentOf(string target) => Path.Combine(Root, "current", target);

    public static string FailureOf(string target, byte[] input) =>
        Path.Combine(Root, "failures", $"{target}-{Name(input)}.txt");

    private static string Name(byte[] input) =>
        Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(input).AsSpan(0, 6));

    private static string FindRoot()
    {
        for (DirectoryInfo? at = new(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            if (at.Name == "artifacts")
                return Path.Combine(at.FullName, "fuzz");
        }
        return Path.Combine(AppContext.BaseDirectory, "fuzz");
    }
}
