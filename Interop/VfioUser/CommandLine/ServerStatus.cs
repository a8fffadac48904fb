using System.Diagnostics;
using NvmeDoorbell.Controller;
using NvmeDoorbell.Doorbells;
using NvmeDoorbell.VfioUser.Session;

namespace NvmeDoorbell.VfioUser.CommandLine;

/// <summary>What the server does, at one moment.</summary>
/// <param name="Ticks">When, in <see cref="Stopwatch"/> ticks.</param>
/// <param name="IsConnected">A guest is there.</param>
/// <param name="Controller">Its device's counters; zeroes without a guest.</param>
/// <param name="Reactors">The threads' counters.</param>
internal sealed record ServerStatus(
    long Ticks, bool IsConnected, ControllerStatistics Controller, IReadOnlyList<ReactorStatistics> Reactors)
{
    /// <summary>Looks.</summary>
    public static ServerStatus Of(VfioUserServer server, DeviceModel model) => server.Look(device => new ServerStatus(
        Stopwatch.GetTimestamp(),
        device is not null,
        device?.Function.Controller.GetStatistics() ?? default,
        [.. model.Reactors.Select(reactor => reactor.GetStatistics())]));

    /// <summary>How much a counter has grown in a second, from an earlier status to this one; 0 where it began anew.</summary>
    public double RateSince(ServerStatus earlier, Func<ServerStatus, double> counter)
    {
        double grown = counter(this) - counter(earlier);
        double seconds = Stopwatch.GetElapsedTime(earlier.Ticks, Ticks).TotalSeconds;
        return grown <= 0 || seconds <= 0 ? 0 : grown / seconds;
    }

    /// <summary>What commands took from an earlier status to this one, by those that were timed; null: none was.</summary>
    public TimeSpan? LatencySince(ServerStatus earlier)
    {
        long commands = (long)(Controller.TimedCommands - earlier.Controller.TimedCommands);
        TimeSpan taken = Controller.TimedDuration - earlier.Controller.TimedDuration;
        return commands <= 0 || taken < TimeSpan.Zero ? null : taken / commands;
    }

    /// <summary>How many commands the device had at a time, on average: Little's law.</summary>
    public double DepthSince(ServerStatus earlier) =>
        RateSince(earlier, static status => status.Controller.Commands) * (LatencySince(earlier)?.TotalSeconds ?? 0);
}
