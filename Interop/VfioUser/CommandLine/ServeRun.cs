using System.Runtime.InteropServices;
using NvmeDoorbell.Doorbells;
using NvmeDoorbell.Storage;
using NvmeDoorbell.VfioUser.Session;

namespace NvmeDoorbell.VfioUser.CommandLine;

/// <summary>Carries out <c>nvmedb serve</c>: opens, serves until a signal or the last client, flushes, closes.</summary>
internal static class ServeRun
{
    /// <summary>
    /// Polling through a pause saves the guest a message, some 20 µs: in a pause of more than a few of these the saving is
    /// not worth a processor.
    /// </summary>
    private static readonly TimeSpan TrappedPollMax = TimeSpan.FromMicroseconds(50);

    /// <summary>Mapped doorbells tell nobody: what follows the polling are naps, which cost latency.</summary>
    private static readonly TimeSpan MappedPollMax = TimeSpan.FromMicroseconds(200);

    /// <summary>Runs to the end.</summary>
    /// <returns>The exit code.</returns>
    public static int Run(ServeOptions options)
    {
        List<IDisk> disks = [];
        List<Reactor> reactors = [];
        try
        {
            foreach (DiskArgument disk in options.Disks)
                disks.Add(disk.Open());
            for (int index = 0; index < options.Reactors; index++)
            {
                reactors.Add(new Reactor(new ReactorOptions
                {
                    Polling = options.Polling,
                    PollMax = options.MapsDoorbells ? MappedPollMax : TrappedPollMax,
                    Name = $"nvmedb-{index}",
                }));
            }
            DeviceModel model = new()
            {
                Disks = disks,
                Reactors = reactors,
                QueuePairs = options.QueuePairs,
                MapsDoorbells = options.MapsDoorbells,
                Serial = options.Serial,
            };
            Serve(options, model);
            return Flush(disks) ? Program.Done : Program.Failed;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            Console.Error.WriteLine($"nvmedb: {exception.Message}");
            return Program.Failed;
        }
        finally
        {
            foreach (Reactor reactor in reactors)
                reactor.Dispose();
            foreach (IDisk disk in disks)
                disk.Dispose();
        }
    }

    private static void Serve(ServeOptions options, DeviceModel model)
    {
        IServeLog log = options.Json ? new JsonLog(Console.Out) : new PlainLog(Console.Out);
        using VfioUserServer server = new(options.SocketPath, model, log);
        void OnSignal(PosixSignalContext context)
        {
            context.Cancel = true;
            server.Stop();
        }
        using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal);
        using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal);
        using InspectionServer inspection = new(
            options.SocketPath, () => StatusJson.Write(options.SocketPath, model, server));
        log.OnListening(options.SocketPath, model);
        using LiveStatus? live = Console.IsOutputRedirected || options.Json
            ? null
            : new LiveStatus(options.SocketPath, server, model);
        server.Run(options.Once);
    }

    private static bool Flush(IReadOnlyList<IDisk> disks)
    {
        bool isGood = true;
        foreach (IDisk disk in disks)
        {
            DiskStatus status = FlushRequest.Run(disk);
            if (status == DiskStatus.Success)
                continue;
            Console.Error.WriteLine($"nvmedb: a disk could not be flushed: {status}");
            isGood = false;
        }
        return isGood;
    }
}
