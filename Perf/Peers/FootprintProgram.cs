using System.Diagnostics;
using System.Text.Json;

namespace NvmeDoorbell.Perf.Peers;

/// <summary>
/// The program <c>nvmedb_footprint</c>: a process that holds nothing but libnvmedoorbell.so and one controller of 64 queue
/// pairs.
/// </summary>
internal static class FootprintProgram
{
    private static string ProgramPath => Path.Combine(AppContext.BaseDirectory, "native", "nvmedb_footprint");

    /// <summary>It has been built: there is a C compiler and the library.</summary>
    public static bool IsThere => File.Exists(ProgramPath);

    /// <summary>Runs it once.</summary>
    /// <param name="field">Of what it prints.</param>
    /// <exception cref="InvalidOperationException">It failed; its own words are on the error output.</exception>
    public static double Run(string field)
    {
        var start = new ProcessStartInfo(ProgramPath) { RedirectStandardOutput = true };
        using var process = Process.Start(start) ?? throw new InvalidOperationException($"{ProgramPath} does not start.");
        var line = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0) throw new InvalidOperationException($"{ProgramPath} ended with exit code {process.ExitCode}.");
        using var json = JsonDocument.Parse(line);
        return json.RootElement.GetProperty(field).GetDouble();
    }
}
