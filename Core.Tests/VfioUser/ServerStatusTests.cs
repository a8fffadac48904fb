using System.Diagnostics;
using NvmeDoorbell.Controller;
using NvmeDoorbell.VfioUser.CommandLine;

namespace NvmeDoorbell.Tests.VfioUser;

/// <summary>What two looks at a server's counters say about the time between them.</summary>
internal sealed class ServerStatusTests
{
    [Test]
    public void Latency_is_that_of_the_timed_commands_and_depth_follows_from_it_and_the_rate()
    {
        ServerStatus before = After(1, new() { Commands = 500, TimedCommands = 100, TimedDuration = TimeSpan.FromSeconds(1) });
        ServerStatus now = After(3, new() { Commands = 2500, TimedCommands = 300, TimedDuration = TimeSpan.FromSeconds(1.4) });

        Assert.That(now.RateSince(before, status => status.Controller.Commands), Is.EqualTo(1000));
        Assert.That(now.LatencySince(before), Is.EqualTo(TimeSpan.FromMilliseconds(2)));
        Assert.That(now.DepthSince(before), Is.EqualTo(2).Within(1e-9));
    }

    [Test]
    public void Without_a_timed_command_there_is_no_latency()
    {
        ServerStatus before = After(1, new() { Commands = 500, TimedCommands = 100 });
        ServerStatus now = After(2, new() { Commands = 501, TimedCommands = 100 });

        Assert.That(now.LatencySince(before), Is.Null);
        Assert.That(now.DepthSince(before), Is.Zero);
    }

    [Test]
    public void A_new_guests_counters_begin_anew_and_say_nothing()
    {
        ServerStatus before = After(1, new() { Commands = 500, TimedCommands = 100 });
        ServerStatus now = After(2, new() { Commands = 3, TimedCommands = 3 });

        Assert.That(now.RateSince(before, status => status.Controller.Commands), Is.Zero);
        Assert.That(now.LatencySince(before), Is.Null);
    }

    private static ServerStatus After(int seconds, ControllerStatistics statistics) =>
        new(seconds * Stopwatch.Frequency, IsConnected: true, statistics, []);
}
