using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;

namespace NvmeDoorbell.Tests.Doorbells;

/// <summary>
/// The model checker by its command line: it finds defects, and shows again what it has found. What it proves is its own
/// run's matter, <c>./build.sh model</c>.
/// </summary>
public sealed partial class ModelTests
{
    private static readonly string Folder =
        AppContext.BaseDirectory.Replace("NvmeDoorbell.Core.Tests", "NvmeDoorbell.Model", StringComparison.Ordinal);

    // Between them they take the shipped sources through each of their races: the coverage of branches counts on that.
    private static readonly string[] Scenarios =
    [
        "ring-sleep", "ring-entries", "ring-unfollow", "reset-limit", "reset-sleep", "dispose-waker", "wait-ring", "wait-overlap",
        "wait-cancel-alone", "switch-look", "switch-in-out", "switch-out-in", "posted-guest", "region-config",
        "region-shadow-back", "reactor-push", "reactor-wait-round", "reactor-wait-lent", "reactor-lent-post", "switch-arm",
    ];

    [Test]
    public void Defects_are_caught_where_a_scenario_can_see_them_and_a_printed_schedule_shows_one_again()
    {
        if (!IsSupported) return;
        (int code, string output) = Model(
            "--mutant ring-fence-out,ring-store-relaxed,dispose-count-stays --scenario ring-sleep-symmetric,ring-entries");
        Assert.That(code, Is.EqualTo(1), output);
        Assert.That(output, Does.Match(@"\] +\d+ s +ring-fence-out +caught by ring-sleep-symmetric: lost wake-up"));
        Assert.That(output, Does.Match(@"\] +\d+ s +ring-store-relaxed +caught by ring-entries: tail"));
        Assert.That(output, Does.Match(@"\] +\d+ s +dispose-count-stays +NOT CAUGHT"));
        Assert.That(output, Does.EndWith("2 passed, 1 failed\n"));

        Match again = Again().Match(output);
        Assert.That(again.Success, Is.True, output);
        (code, string replay) = Model(again.Groups["arguments"].Value);
        Assert.That(code, Is.EqualTo(1), replay);
        Assert.That(replay.TrimEnd().Split('\n')[^1], Is.EqualTo(again.Groups["failure"].Value));
    }

    [Test]
    public void The_shipped_sources_hold()
    {
        if (!IsSupported) return;
        // In one process, as those that explore for another: it is quicker.
        (int code, string output) = Model($"--worker --scenario {string.Join(',', Scenarios)}");
        Assert.That(code, Is.Zero, output);
        Assert.That(Regex.Count(output, @"^@result\t.+\tHolds\t$", RegexOptions.Multiline), Is.EqualTo(Scenarios.Length));
    }

    [Test]
    public void Each_mutant_can_be_made_of_the_sources_as_they_are()
    {
        (int code, string output) = Model("--check");
        Assert.That(code, Is.Zero, output);
    }

    [TestCase("--scenario no-such-scenario")]
    [TestCase("--mutant no-such-mutant")]
    [TestCase("--replay 0:a")]
    [TestCase("--bound")]
    [TestCase("--no-such-option")]
    public void What_makes_no_sense_is_refused_in_one_line(string arguments)
    {
        if (!IsSupported) return;
        (int code, string output) = Model(arguments);
        Assert.That(code, Is.EqualTo(2));
        Assert.That(output, Does.Match(@"\Amodel: .+\n\z"));
    }

    // Its switches between threads are machine code.
    private static bool IsSupported => OperatingSystem.IsLinux() && RuntimeInformation.ProcessArchitecture == System.Runtime.InteropServices.Architecture.X64;

    /// <summary>Runs it; what it writes to both streams.</summary>
    private static (int Code, string Output) Model(string arguments)
    {
        ProcessStartInfo start = new("dotnet", $"exec {Path.Combine(Folder, "NvmeDoorbell.Model.dll")} {arguments}")
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["DOTNET_TieredCompilation"] = "1";
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd() + errors.Result;
        process.WaitForExit();
        return (process.ExitCode, output);
    }

    [GeneratedRegex(@"\n  (?<failure>[^\n]+)\n  again: \./build\.sh model (?<arguments>[^\n]+)\n")]
    private static partial Regex Again();
}
