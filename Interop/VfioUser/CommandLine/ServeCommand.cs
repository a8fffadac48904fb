using System.CommandLine;
using NvmeDoorbell.Doorbells;

namespace NvmeDoorbell.VfioUser.CommandLine;

/// <summary>The command <c>nvmedb serve</c>.</summary>
internal static class ServeCommand
{
    private const int MaxQueuePairs = 65535;
    private const int MaxReactors = 256;
    private const int MaxSerialCharacters = 20;

    private const string Description = """
        Serves an NVMe controller to a virtual machine over vfio-user.

        Examples:
          nvmedb serve --socket /run/vm1.sock --disk vm1.img
          nvmedb serve --socket /run/vm1.sock --disk vm1.img --disk base.iso,ro --ram 4G
          nvmedb serve --socket /run/vm1.sock --null 1T --doorbells mapped --poll
        """;

    private static readonly Option<string> Socket = new("--socket")
    {
        Description = "Where the vfio-user socket is made, for this user alone.",
        HelpName = "PATH",
        Required = true,
    };

    private static readonly Option<string[]> Disk = Many(
        "--disk",
        DiskArgument.FileForm,
        "A namespace on a raw image file or a block device; direct: past the page cache; shared: open in another server "
        + "too, that it is migrated from or to. May be repeated.");

    private static readonly Option<string[]> Ram = Many(
        "--ram", "SIZE[,block=4096]", "A namespace in memory, gone at the end. May be repeated.");

    private static readonly Option<string[]> Null = Many(
        "--null", "SIZE[,block=4096]", "A namespace that reads zeroes and forgets writes. May be repeated.");

    private static readonly Option<int> Queues = Number("--queues", "The most I/O queue pairs.", 64, MaxQueuePairs);

    private static readonly Option<int> Reactors = Number("--reactors", "Threads that serve the queues.", 1, MaxReactors);

    private static readonly Option<bool> Poll = new("--poll")
    {
        Description = "The threads never sleep: lowest latency, a core each.",
    };

    private static readonly Option<bool> Park = new("--park")
    {
        Description = "The threads sleep as soon as there is nothing to do.",
    };

    private static readonly Option<bool> Adaptive = new("--adaptive")
    {
        Description = "The threads poll for a while that adapts, then sleep (default).",
    };

    private static readonly Option<string> Doorbells = Choice();

    private static readonly Option<string> Serial = new("--serial")
    {
        Description = "Serial number, up to 20 characters.",
        HelpName = "TEXT",
        DefaultValueFactory = _ => "NVMEDB0000000001",
    };

    private static readonly Option<bool> Json = new("--json") { Description = "Events as lines of JSON, for scripts." };

    private static readonly Option<bool> Once = new("--once") { Description = "End when the first guest has gone." };

    /// <summary>Makes the command.</summary>
    public static Command Create()
    {
        Command command = new("serve", Description)
        {
            Socket, Disk, Ram, Null, Queues, Reactors, Poll, Park, Adaptive, Doorbells, Serial, Json, Once,
        };
        command.Validators.Add(result =>
        {
            if (new[] { Poll, Park, Adaptive }.Count(option => result.GetValue(option)) > 1)
                result.AddError("Only one of --poll, --park and --adaptive.");
            if (!HasDisk(result.GetValue(Disk)) && !HasDisk(result.GetValue(Ram)) && !HasDisk(result.GetValue(Null)))
                result.AddError("Nothing to serve: name a disk with --disk, --ram or --null.");
            string serial = result.GetValue(Serial) ?? "";
            if (serial.Length > MaxSerialCharacters || serial.Any(character => character is < ' ' or > '~'))
                result.AddError($"--serial takes up to {MaxSerialCharacters} printable ASCII characters.");
        });
        command.SetAction(result =>
        {
            try
            {
                return ServeRun.Run(ToOptions(result));
            }
            catch (FormatException exception)
            {
                Console.Error.WriteLine($"nvmedb: {exception.Message}");
                return Program.WrongUsage;
            }
        });
        return command;
    }

    private static bool HasDisk(string[]? disks) => disks is { Length: > 0 };

    private static ServeOptions ToOptions(ParseResult result) => new()
    {
        SocketPath = result.GetValue(Socket)!,
        Disks =
        [
            .. ParseDisks(DiskKind.File, result.GetValue(Disk)),
            .. ParseDisks(DiskKind.Ram, result.GetValue(Ram)),
            .. ParseDisks(DiskKind.Null, result.GetValue(Null)),
        ],
        QueuePairs = result.GetValue(Queues),
        Reactors = result.GetValue(Reactors),
        Polling = result.GetValue(Poll) ? ReactorPolling.Always
            : result.GetValue(Park) ? ReactorPolling.Never
            : ReactorPolling.Adaptive,
        MapsDoorbells = result.GetValue(Doorbells) == "mapped",
        Serial = result.GetValue(Serial)!,
        Json = result.GetValue(Json),
        Once = result.GetValue(Once),
    };

    private static IEnumerable<DiskArgument> ParseDisks(DiskKind kind, string[]? texts) =>
        (texts ?? []).Select(text => DiskArgument.Parse(kind, text));

    private static Option<string[]> Many(string name, string helpName, string description) => new(name)
    {
        Description = description,
        HelpName = helpName,
        Arity = ArgumentArity.OneOrMore,
        AllowMultipleArgumentsPerToken = false,
    };

    private static Option<int> Number(string name, string description, int defaultValue, int most)
    {
        Option<int> option = new(name)
        {
            Description = description,
            HelpName = "N",
            DefaultValueFactory = _ => defaultValue,
        };
        option.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() is var value && (value < 1 || value > most))
                result.AddError($"{name} takes 1 to {most}.");
        });
        return option;
    }

    private static Option<string> Choice()
    {
        Option<string> option = new("--doorbells")
        {
            Description = "trapped: each doorbell is a message. mapped: the guest writes them without one, the device looks.",
            HelpName = "trapped|mapped",
            DefaultValueFactory = _ => "trapped",
        };
        option.AcceptOnlyFromAmong("trapped", "mapped");
        return option;
    }
}
