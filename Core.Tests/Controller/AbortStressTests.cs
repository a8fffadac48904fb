using NvmeDoorbell.Spec;
using NvmeDoorbell.Storage;
using NvmeDoorbell.Tests.Drivers;

namespace NvmeDoorbell.Tests.Controller;

/// <summary>Real threads: aborts against a disk that stalls, keeps, reorders and completes twice.</summary>
public sealed class AbortStressTests
{
    private const int Commands = 1500;
    private const int Depth = 31;
    private static readonly IoOpcode[] Opcodes = [IoOpcode.Read, IoOpcode.Write, IoOpcode.Flush, IoOpcode.Verify];

    [Test]
    public void Each_command_ends_once_and_as_its_abort_says()
    {
        int seed = Seed.Next();
        TestContext.Out.WriteLine(Seed.Replay(seed));
        var random = new Random(seed);
        using var machine = new TestMachine(reactors: 2);
        var disk = new FaultyDisk(
            new RamDisk(1 << 20), new DiskFaultPlan { Never = 4, Stall = 100, Reorder = 2, Twice = 3, Seed = seed });
        machine.AddDisk(disk, 1);
        ControllerDriver driver = machine.Driver;
        driver.Enable();
        DriverQueuePair pair = driver.CreateQueuePair(1, entries: Depth + 1);
        ulong page = driver.AllocatePages(1);
        var underWay = new List<ushort>();
        var aborts = new List<(ushort Abort, ushort Command)>();
        var told = new Dictionary<ushort, bool>();
        int[] ended = new int[2];
        int submitted = 0;

        Wait.Until(
            () =>
            {
                while (submitted < Commands && underWay.Count < Depth)
                {
                    IoOpcode opcode = Opcodes[random.Next(Opcodes.Length)];
                    underWay.Add(pair.Submit(ControllerDriver.BlockEntry(opcode, 1, (ulong)random.Next(64), 1, page)));
                    submitted++;
                }
                if (aborts.Count < 4 && underWay.Count > 0)
                {
                    ushort command = underWay[random.Next(underWay.Count)];
                    if (!aborts.Exists(each => each.Command == command))
                        aborts.Add((driver.Admin.Submit(Entry(command)), command));
                }
                aborts.RemoveAll(each =>
                {
                    if (!driver.Admin.HasCompleted(each.Abort))
                        return false;
                    bool isAborted = driver.Admin.WaitFor(each.Abort).Result == 0;
                    // Whoever asks twice, and is told of an abort once, has been told.
                    told[each.Command] = isAborted || told.GetValueOrDefault(each.Command);
                    return true;
                });
                underWay.RemoveAll(command =>
                {
                    // Its abort first: otherwise nobody knows what it says.
                    if (aborts.Exists(each => each.Command == command) || !pair.HasCompleted(command))
                        return false;
                    StatusCode status = pair.WaitFor(command).Status;
                    bool isAborted = status.WithoutFlags() == StatusCode.AbortRequested;
                    if (status != StatusCode.Success && !isAborted)
                        Assert.Fail($"Command {command}: {status}. {Seed.Replay(seed)}");
                    if (isAborted != (told.Remove(command, out bool wasTold) && wasTold))
                        Assert.Fail($"Command {command} ended with {status}, and its abort said else. {Seed.Replay(seed)}");
                    ended[isAborted ? 1 : 0]++;
                    return true;
                });
                return ended.Sum() == Commands;
            },
            $"{Commands} commands to end. {Seed.Replay(seed)}");

        Assert.That(ended, Is.All.Positive, "some are aborted, and some are not");
        Assert.That(disk.GetStatistics().MissedTwice, Is.Zero);
        Assert.That(disk.GetStatistics().CaughtTwice, Is.Positive);
        Assert.That(disk.GetStatistics().Held, Is.Zero);
    }

    private static SubmissionEntry Entry(ushort commandId) =>
        new() { Opcode = (byte)AdminOpcode.Abort, Cdw10 = (uint)commandId << 16 | 1 };
}
