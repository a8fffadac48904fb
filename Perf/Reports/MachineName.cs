using System.Globalization;
using System.Runtime.InteropServices;

namespace NvmeDoorbell.Perf.Reports;

/// <summary>What machine this is, in one line.</summary>
internal static class MachineName
{
    private const string CpuInfo = "/proc/cpuinfo";

    public static string Read() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Environment.ProcessorCount} × {Processor()}, {RuntimeInformation.OSDescription}, {RuntimeInformation.FrameworkDescription}");

    private static string Processor()
    {
        var line = File.Exists(CpuInfo)
            ? File.ReadLines(CpuInfo).FirstOrDefault(static line => line.StartsWith("model name", StringComparison.Ordinal))
            : null;
        return line?[(line.IndexOf(':') + 1)..].Trim() ?? RuntimeInformation.ProcessArchitecture.ToString();
    }
}
