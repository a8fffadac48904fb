using System.Diagnostics;
using NvmeDoorbell.Controller;
using NvmeDoorbell.Storage;
using NvmeDoorbell.Tests.Drivers;

namespace NvmeDoorbell.Tests.Controller;

/// <summary>What a task counts of doorbells and of the time that commands take.</summary>
internal sealed class LatencyTests
{
    private const ulong Data = IoTaskFixture.DataAddress;

    [Test]
    public void A_command_takes_from_its_doorbell_to_its_completion_as_long_as_its_disk_has_it()
    {
        using var io = new IoTaskFixture();
        var disk = new ManualDisk();
        io.AddNamespace(disk);
        QueueDriver driver = io.AddQueue();
        long rung = Stopwatch.GetTimestamp();
        driver.Submit(IoEntries.Read(1, 0, 1, Data));
        io.Turn();
        long given = Stopwatch.GetTimestamp();
        Assert.That(io.Task.Totals.TimedCommands, Is.Zero);
        long taken = Stopwatch.GetTimestamp();
        disk.CompleteAll();
        io.Turn();
        TimeSpan most = Stopwatch.GetElapsedTime(rung);

        Assert.That(io.Task.Totals.TimedCommands, Is.EqualTo(1));
        Assert.That(
            io.Task.Totals.TimedNs,
            Is.InRange(Stopwatch.GetElapsedTime(given, taken).TotalNanoseconds, most.TotalNanoseconds));
    }

    [Test]
    public void All_commands_of_a_doorbell_value_are_timed_from_it()
    {
        using var io = new IoTaskFixture();
        var disk = new ManualDisk();
        io.AddNamespace(disk);
        QueueDriver driver = io.AddQueue();
        for (ushort id = 0; id < 3; id++)
            driver.Put(IoEntries.Read(id, 0, 1, Data));
        driver.Ring();
        io.Turn();
        long given = Stopwatch.GetTimestamp();
        Assert.That(io.Task.Totals.Doorbells, Is.EqualTo(1));
        long taken = Stopwatch.GetTimestamp();
        disk.CompleteAll();
        io.Turn();

        Assert.That(io.Task.Totals.TimedCommands, Is.EqualTo(3));
        Assert.That(
            io.Task.Totals.TimedNs,
            Is.GreaterThanOrEqualTo(3 * Stopwatch.GetElapsedTime(given, taken).TotalNanoseconds));
    }

    [Test]
    public void In_a_stream_of_work_one_doorbell_value_stands_for_many()
    {
        using var io = new IoTaskFixture();
        var kept = new ManualDisk();
        io.AddNamespace(kept);
        io.AddNamespace(new NullDisk(1 << 20));
        QueueDriver driver = io.AddQueue();
        driver.Submit(IoEntries.Read(1, 0, 1, Data)); // after a rest: timed; while its disk has it, there is no other
        io.Turn();
        Serve(LatencyMeter.Stride - 1);
        Assert.That(io.Task.Totals.TimedCommands, Is.Zero);
        Serve(1);
        Assert.That(io.Task.Totals.TimedCommands, Is.EqualTo(LatencyMeter.Stride));
        Serve(LatencyMeter.Stride - 1);
        kept.CompleteAll();
        io.Turn();
        Assert.That(io.Task.Totals.TimedCommands, Is.EqualTo(LatencyMeter.Stride + 1));
        io.Sleep();
        Serve(1);
        Assert.That(io.Task.Totals.TimedCommands, Is.EqualTo(LatencyMeter.Stride + 2), "after another rest");

        void Serve(int count)
        {
            for (int done = 0; done < count; done++)
            {
                driver.Submit(IoEntries.Flush(2) with { NamespaceId = 2 });
                io.Turn();
                driver.ReapAll();
            }
        }
    }

    [Test]
    public void Doorbell_values_are_counted_tails_and_the_heads_that_are_looked_at()
    {
        using var io = new IoTaskFixture();
        io.AddNamespace(new NullDisk(1 << 20));
        QueueDriver driver = io.AddQueue();
        driver.Submit(IoEntries.Flush(1));
        io.Turn();
        driver.ReapAll();
        driver.RingHead();
        Assert.That(io.Task.Totals.Doorbells, Is.EqualTo(1));
        io.Sleep();
        Assert.That(io.Task.Totals.Doorbells, Is.EqualTo(2), "a task that goes to sleep has looked at the head");
        io.Turn();
        Assert.That(io.Task.Totals.Doorbells, Is.EqualTo(2));
    }
}
