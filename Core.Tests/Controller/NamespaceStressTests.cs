using System.Collections.Concurrent;
using NvmeDoorbell.Spec;
using NvmeDoorbell.Storage;
using NvmeDoorbell.Tests.Drivers;

namespace NvmeDoorbell.Tests.Controller;

/// <summary>
/// Two guests write and read a shared namespace while it is formatted, resized, detached, removed and added again under
/// them. Each guest has blocks of its own, and knows what they may hold.
/// </summary>
public sealed class NamespaceStressTests
{
    private const uint Nsid = 1;
    private const ulong FullBytes = 2 << 20;
    private const ulong CutBytes = 1 << 20;
    private const int BlocksEach = 64;

    private readonly ConcurrentQueue<string> _findings = new();
    private int _isOver;

    // Whatever leaves zeroes behind (a format, a cut) counts itself in and out.
    private int _erasuresBegun;
    private int _erasuresEnded;

    [Test]
    public void Edge37_No_acknowledged_write_is_lost_whatever_becomes_of_the_namespace()
    {
        int seed = Seed.Next();
        using var machine = new SharedMachine(guests: 3);
        using var disk = new RamDisk(FullBytes);
        AddAndAttach(machine, disk);
        Thread[] writers = [StartWriter(machine.Driver(0), 0, seed), StartWriter(machine.Driver(1), 1, seed + 1)];
        var random = new Random(seed);
        for (int round = 0; round < 200 && _findings.IsEmpty; round++)
            Disturb(machine, disk, random);
        Volatile.Write(ref _isOver, 1);
        foreach (Thread writer in writers)
            writer.Join();
        Assert.That(_findings, Is.Empty, Seed.Replay(seed));
    }

    private static void AddAndAttach(SharedMachine machine, RamDisk disk)
    {
        machine.Subsystem.AddNamespace(Nsid, disk);
        foreach (TestMachine guest in machine.Guests)
            machine.Subsystem.AttachNamespace(Nsid, guest.Controller);
    }

    private void Disturb(SharedMachine machine, RamDisk disk, Random random)
    {
        switch (random.Next(4))
        {
            case 0:
                Interlocked.Increment(ref _erasuresBegun);
                StatusCode status = machine.Driver(2).Execute(
                    new SubmissionEntry { Opcode = (byte)AdminOpcode.FormatNvm, NamespaceId = Nsid }).Status;
                Interlocked.Increment(ref _erasuresEnded);
                if (status != StatusCode.Success)
                    _findings.Enqueue($"Format NVM ended with {status}");
                break;
            case 1:
                Interlocked.Increment(ref _erasuresBegun);
                machine.Subsystem.ResizeNamespace(Nsid, CutBytes);
                machine.Subsystem.ResizeNamespace(Nsid, FullBytes);
                Interlocked.Increment(ref _erasuresEnded);
                break;
            case 2:
                var controller = machine.Controller(random.Next(2));
                machine.Subsystem.DetachNamespace(Nsid, controller);
                machine.Subsystem.AttachNamespace(Nsid, controller);
                break;
            default:
                machine.Subsystem.RemoveNamespace(Nsid);
                AddAndAttach(machine, disk);
                break;
        }
    }

    private Thread StartWriter(ControllerDriver driver, int index, int seed)
    {
        DriverQueuePair pair = driver.CreateQueuePair(1);
        ulong page = driver.AllocatePages(1);
        var thread = new Thread(() =>
        {
            try
            {
                Write(driver, pair, page, index, new Random(seed));
            }
            catch (Exception e)
            {
                _findings.Enqueue(e.ToString());
            }
        });
        thread.Start();
        return thread;
    }

    private void Write(ControllerDriver driver, DriverQueuePair pair, ulong page, int index, Random random)
    {
        // Half of the blocks lie in what a cut takes away.
        ulong first = (FullBytes - CutBytes) / 512 - BlocksEach + (ulong)index * BlocksEach / 2;
        var blocks = new KnownBlock[BlocksEach];
        ulong stamp = 0;
        while (Volatile.Read(ref _isOver) == 0 && _findings.IsEmpty)
        {
            int which = random.Next(BlocksEach);
            ulong lba = first + (ulong)(which * 2 + index) + (which >= BlocksEach / 2 ? BlocksEach * 2ul : 0);
            ref KnownBlock block = ref blocks[which];
            if (random.Next(2) == 0)
            {
                stamp++;
                int ended = Volatile.Read(ref _erasuresEnded);
                driver.Memory.TryWrite(page, BitConverter.GetBytes(stamp));
                if (Run(IoOpcode.Write, lba))
                    block = new KnownBlock(stamp, ended);
                continue;
            }
            if (!Run(IoOpcode.Read, lba))
                continue;
            ulong found = BitConverter.ToUInt64(driver.ReadRam(page, 8));
            bool mayBeErased = block.ErasuresEnded < Volatile.Read(ref _erasuresBegun);
            if (found != block.Stamp && !(found == 0 && mayBeErased))
                _findings.Enqueue($"block {lba} of guest {index} has {found}, and {block.Stamp} was written last");
            else if (found == 0)
                block = new KnownBlock(0, block.ErasuresEnded);
        }

        bool Run(IoOpcode opcode, ulong lba)
        {
            StatusCode status = ControllerDriver.Transfer(pair, opcode, Nsid, lba, 1, page).WithoutFlags();
            // Internal Error: the disk was cut between the look at the bounds and the transfer.
            if (status is not (StatusCode.Success or StatusCode.FormatInProgress or StatusCode.LbaOutOfRange
                or StatusCode.InvalidNamespaceOrFormat or StatusCode.InternalError))
            {
                _findings.Enqueue($"{opcode} ended with {status}");
            }
            return status == StatusCode.Success;
        }
    }

    /// <summary>What was written last and acknowledged, and how many erasures had ended before it was.</summary>
    private readonly record struct KnownBlock(ulong Stamp, int ErasuresEnded);
}
