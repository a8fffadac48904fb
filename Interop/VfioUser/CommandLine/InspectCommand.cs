using System.CommandLine;
using System.Net.Sockets;
using NvmeDoorbell.VfioUser.Session;

namespace NvmeDoorbell.VfioUser.CommandLine;

/// <summary>The command <c>nvmedb inspect</c>.</summary>
internal static class InspectCommand
{
    private const string Description = """
        Shows a server and its guest's device as they are now, as JSON: disks, threads, registers, queues, doorbells,
        counters.

        Example:
          nvmedb inspect /run/vm1.sock
        """;

    private static readonly Argument<string> SocketPath = new("SOCKET") { Description = "The socket of nvmedb serve." };

    /// <summary>Makes the command.</summary>
    public static Command Create()
    {
        Command command = new("inspect", Description) { SocketPath };
        command.SetAction(result => Run(result.GetValue(SocketPath)!));
        return command;
    }

    private static int Run(string path)
    {
        using Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            socket.Connect(new UnixDomainSocketEndPoint(InspectionServer.PathFor(path)));
            using NetworkStream stream = new(socket);
            using Stream output = Console.OpenStandardOutput();
            stream.CopyTo(output);
            return Program.Done;
        }
        catch (Exception exception) when (exception is SocketException or IOException or ArgumentException)
        {
            Console.Error.WriteLine($"nvmedb: no server answers for '{path}': {exception.Message}");
            return Program.Failed;
        }
    }
}
