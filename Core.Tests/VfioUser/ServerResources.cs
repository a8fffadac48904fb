namespace NvmeDoorbell.Tests.VfioUser;

/// <summary>What this process, and so the server in it, holds of the system.</summary>
internal static class ServerResources
{
    /// <summary>Mappings of a file of memory of that name.</summary>
    public static int Mappings(string name) =>
        File.ReadLines("/proc/self/maps").Count(line => line.Contains($"memfd:{name} ", StringComparison.Ordinal)
            || line.EndsWith($"memfd:{name}", StringComparison.Ordinal));

    /// <summary>Open descriptors that lead to something of that name.</summary>
    public static int Descriptors(string name) =>
        Directory.EnumerateFiles("/proc/self/fd").Count(file => TargetOf(file).Contains(name, StringComparison.Ordinal));

    private static string TargetOf(string file)
    {
        try
        {
            return File.ResolveLinkTarget(file, returnFinalTarget: false)?.ToString() ?? "";
        }
        catch (IOException)
        {
            return ""; // closed since it was listed
        }
    }
}
