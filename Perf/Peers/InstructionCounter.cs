using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using NvmeDoorbell.Doorbells;

namespace NvmeDoorbell.Perf.Peers;

/// <summary>The program <c>nvmedb_counts</c> under callgrind: how many instructions an operation takes.</summary>
internal static partial class InstructionCounter
{
    private const string Tool = "valgrind";
    private const int Operations = 3200;

    private static string ProgramPath => Path.Combine(AppContext.BaseDirectory, "native", "nvmedb_counts");

    /// <summary>The shapes that it knows, in the order of the report.</summary>
    public static IReadOnlyList<string> Shapes { get; } =
    [
        "ring_inline", "ring_export", "sleep_wake",
        "command_null_depth_1", "command_null_depth_32", "command_ram_512_depth_32",
    ];

    /// <summary>It has been built, and valgrind is on the path.</summary>
    public static bool IsThere => File.Exists(ProgramPath)
        && (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
            .Any(static folder => File.Exists(Path.Combine(folder, Tool)));

    /// <summary>Counts one shape.</summary>
    /// <param name="libraryPath">libnvmedoorbell.so.</param>
    /// <param name="shape">One of <see cref="Shapes"/>.</param>
    /// <exception cref="InvalidOperationException">It failed; what it printed is in the message.</exception>
    public static double Count(string libraryPath, string shape)
    {
        // A copy without its debugging file beside it, which valgrind would read and may not understand.
        var folder = Directory.CreateTempSubdirectory("nvmedb-counts-");
        try
        {
            File.Copy(libraryPath, Path.Combine(folder.FullName, $"libnvmedoorbell.so.{DoorbellHeader.CurrentAbiVersion}"));
            var start = new ProcessStartInfo(Tool) { RedirectStandardError = true };
            start.Environment["LD_LIBRARY_PATH"] = folder.FullName;
            foreach (var argument in (string[])[
                "--tool=callgrind", "--callgrind-out-file=/dev/null", "--toggle-collect=counted", ProgramPath, shape])
                start.ArgumentList.Add(argument);
            start.ArgumentList.Add(Operations.ToString(CultureInfo.InvariantCulture));
            using var process = Process.Start(start) ?? throw new InvalidOperationException($"{Tool} does not start.");
            var text = process.StandardError.ReadToEnd();
            process.WaitForExit();
            var found = Collected().Match(text);
            if (process.ExitCode != 0 || !found.Success)
                throw new InvalidOperationException($"{Tool} on {ProgramPath} {shape}: exit code {process.ExitCode}: {text}");
            return double.Parse(found.Groups[1].ValueSpan, CultureInfo.InvariantCulture) / Operations;
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [GeneratedRegex(@"Collected : (\d+)")]
    private static partial Regex Collected();
}
