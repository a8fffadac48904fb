namespace NvmeDoorbell.Model.Shims;

/// <summary>
/// Stands for System.OperatingSystem: a system with a process-wide barrier that needs no probing, whatever the host is.
/// </summary>
internal static class ModelOperatingSystem
{
    public static bool IsWindows() => true;

    public static bool IsLinux() => false;
}
