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

    // A fence out, a release out, a compare-exchange that is a store: each found by another scenario.
    private static readonly string[] Mutants = ["ring-fence-out", "ring-store-relaxed", "claim-store", "c-unpark-word-stays"];

    // Between them they take the shipped sources through each of their races; the coverage of branches counts on that.
    private static readonly string[] Scenarios =
    [
        "ring-sleep", "ring-sleep-symmetric", "ring-entries", "ring-unfollow", "reset-limit", "reset-sleep", "dispose-waker",
        "wait-ring", "wait-cancel-alone", "switch-look", "switch-in-out", "switch-out-in", "eventidx-guest", "posted-guest",
        "region-config", "region-shadow-back", "region-shadow-ours", "reactor-push", "reactor-wait-round",
    ];

    [Test]
    public void Defects_are_caught_and_a_printed_schedule_shows_one_again()
    {
        if (!IsSupported) return;
        (int code, string output) = Model($"--mutant {string.Join(',', Mutants)}");
        Assert.That(code, Is.Zero, output);
        Assert.That(output, Does.EndWith($"{Mutants.Length} passed, 0 failed\n"));
        foreach (string mutant in Mutants)
            Assert.That(output, Does.Match($@"\] +\d+ s +{mutant} +caught by "));

        Match again = Again().Match(output);
        Assert.That(again.Success, Is.True, output);
        (code, string replay) = Model(again.Groups["arguments"].Value);
        Assert.That(code, Is.EqualTo(1), replay);
        Assert.That(replay.TrimEnd().Split('\n')[^1], Is.EqualTo(again.Groups["failure"].Value));
    }

    [Test]
    public void The_shipped_sources_hold_where_mutants_fail()
    {
        if (!IsSupported) return;
        (int code, string output) = Model($"--scenario {string.Join(',', Scenarios)}");
        Assert.That(code, Is.Zero, output);
        Assert.That(output, Does.EndWith($"{Scenarios.Length} passed, 0 failed\n"));
    }

    [Test]
    public void A_defect_that_the_named_scenario_cannot_see_is_a_failure()
    {
        if (!IsSupported) return;
        (int code, string output) = Model("--mutant ring-fence-out --scenario reset-cells");
        Assert.That(code, Is.EqualTo(1), output);
        Assert.That(output, Does.Contain("NOT CAUGHT"));
        Assert.That(output, Does.EndWith("0 passed, 1 failed\n"));
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
