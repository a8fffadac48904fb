using System.CommandLine;
using NvmeDoorbell.VfioUser.CommandLine;

namespace NvmeDoorbell.VfioUser;

/// <summary>The executable <c>nvmedb</c>.</summary>
internal static class Program
{
    /// <summary>Exit code: all is well.</summary>
    public const int Done = 0;

    /// <summary>Exit code: it failed, and the last line says why.</summary>
    public const int Failed = 1;

    /// <summary>Exit code: the command line is wrong.</summary>
    public const int WrongUsage = 2;

    private static int Main(string[] arguments)
    {
        RootCommand root = new("An NVMe controller for virtual machines, as a process of its own.")
        {
            ServeCommand.Create(),
            InspectCommand.Create(),
        };
        ParseResult result = root.Parse(arguments);
        int code = result.Invoke();
        return result.Errors.Count > 0 ? WrongUsage : code;
    }
}
