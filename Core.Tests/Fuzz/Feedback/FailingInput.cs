namespace NvmeDoorbell.Tests.Fuzz.Feedback;

/// <summary>
/// The input that has ended the process of a byte target: found in the file that outlives it, and made smaller by running
/// it in one process after the other.
/// </summary>
internal static class FailingInput
{
    private const int ReplaySeconds = 10;
    private static readonly TimeSpan ShrinkTime = TimeSpan.FromSeconds(60);

    /// <summary>The result with its input, if it has one that can be told.</summary>
    public static TargetResult Find(TargetResult result, FuzzOptions options)
    {
        FuzzTarget target = result.Target;
        bool isCrash = result.Reports.Any(report => report.StartsWith("crash: ", StringComparison.Ordinal));
        bool isHang = result.Reports.Any(report => report.StartsWith("hang: ", StringComparison.Ordinal));
        if (!target.IsInstrumented || options.Input is not null || !(isCrash || isHang))
            return result;
        if (CurrentInput.Read(FuzzFiles.CurrentOf(target.Name)) is not { } input)
            return result;
        // A hang takes half a minute to be told, so it is left as it is.
        if (isCrash && Crashes(input))
            input = Minimizer.Shrink(input, Crashes, ShrinkTime);
        string path = FuzzFiles.FailureOf(target.Name, input);
        Bytes.CorpusFile.Write(path, [input]);
        return result with { Input = path };

        bool Crashes(byte[] each)
        {
            string trial = FuzzFiles.FailureOf(target.Name + "-trial", []);
            Bytes.CorpusFile.Write(trial, [each]);
            return new ChildWatch(options with { Input = trial }, target, ReplaySeconds).Run(static _ => { })
                .Reports.Any(report => report.StartsWith("crash: ", StringComparison.Ordinal));
        }
    }
}
