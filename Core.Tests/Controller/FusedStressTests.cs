using NvmeDoorbell.Controller;
using NvmeDoorbell.Spec;
using NvmeDoorbell.Storage;
using NvmeDoorbell.Tests.Drivers;

namespace NvmeDoorbell.Tests.Controller;

/// <summary>
/// Fused pairs from several queues of two controllers at a time. Oracle: a counter in a block, which every pair that
/// succeeds has counted up by one, ends at the number of pairs that have succeeded.
/// </summary>
internal sealed class FusedStressTests
{
    private const int Pairs = 150; // that succeed, on each thread
    private const int BlockBytes = 512;

    [TestCase(false)]
    [TestCase(true)]
    public void Edge42_No_pair_loses_what_another_has_written(bool isAsynchronous)
    {
        using var subsystem = new NvmeSubsystem();
        using IDisk disk = isAsynchronous ? new LateDisk(new RamDisk(1 << 20)) : new RamDisk(1 << 20);
        using var first = new TestMachine(options => options with { Subsystem = subsystem }, reactors: 2);
        using var second = new TestMachine(options => options with { Subsystem = subsystem });
        uint nsid = subsystem.AddNamespace(0, disk);
        var counters = new List<Counter>();
        foreach (TestMachine machine in (TestMachine[])[first, second])
        {
            subsystem.AttachNamespace(nsid, machine.Controller);
            machine.Driver.Enable();
            for (int id = 1; id <= 2; id++)
                counters.Add(new Counter(machine.Driver, machine.Driver.CreateQueuePair(id), nsid, counters.Count));
        }
        Thread[] threads = [.. counters.Select(counter => new Thread(counter.Run))];
        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => thread.Join());
        Assert.That(counters.Select(counter => counter.Error), Is.All.Null);
        Assert.That(counters[0].ReadCounter(), Is.EqualTo((ulong)(Pairs * counters.Count)));
    }

    /// <summary>One thread with a queue of its own.</summary>
    private sealed class Counter(ControllerDriver driver, DriverQueuePair pair, uint nsid, int index)
    {
        private readonly ulong _old = driver.AllocatePages(2);

        public Exception? Error { get; private set; }

        public void Run()
        {
            try
            {
                for (int done = 0; done < Pairs;)
                {
                    ulong value = ReadCounter();
                    Write(_old + 4096, value + 1);
                    ushort compare = pair.Put(Block(IoOpcode.Compare, _old) with { Fuse = FusedOperation.First });
                    ushort write = pair.Put(Block(IoOpcode.Write, _old + 4096) with { Fuse = FusedOperation.Second });
                    pair.RingTail();
                    StatusCode compared = pair.WaitFor(compare).Status.WithoutFlags();
                    StatusCode written = pair.WaitFor(write).Status.WithoutFlags();
                    if (compared == StatusCode.Success)
                        done++;
                    Assert.That((compared, written), Is.EqualTo(compared == StatusCode.Success
                        ? (StatusCode.Success, StatusCode.Success)
                        : (StatusCode.CompareFailure, StatusCode.AbortedFailedFused)));
                    // A plain write beside the counter, which the pairs' blocks are not to mix with.
                    ulong lba = 8 + (ulong)index;
                    Assert.That(ControllerDriver.Transfer(pair, IoOpcode.Write, nsid, lba, 1, _old), Is.EqualTo(StatusCode.Success));
                }
            }
            catch (Exception error)
            {
                Error = error;
            }
        }

        /// <summary>Reads the counter's block into what the next pair expects.</summary>
        public ulong ReadCounter()
        {
            Assert.That(ControllerDriver.Transfer(pair, IoOpcode.Read, nsid, 0, 1, _old), Is.EqualTo(StatusCode.Success));
            byte[] block = driver.ReadRam(_old, BlockBytes);
            ulong value = BitConverter.ToUInt64(block);
            // Every word of the block is the same: a read that a pair's write has torn shows.
            for (int offset = 0; offset < BlockBytes; offset += 8)
                Assert.That(BitConverter.ToUInt64(block, offset), Is.EqualTo(value), "a torn block");
            return value;
        }

        private SubmissionEntry Block(IoOpcode opcode, ulong address) =>
            ControllerDriver.BlockEntry(opcode, nsid, 0, 1, address);

        private void Write(ulong address, ulong value)
        {
            var block = new byte[BlockBytes];
            for (int offset = 0; offset < BlockBytes; offset += 8)
                BitConverter.TryWriteBytes(block.AsSpan(offset), value);
            driver.Memory.TryWrite(address, block);
        }
    }

    /// <summary>Does what another disk does, on a thread of its own, and completes later.</summary>
    private sealed class LateDisk : IDisk
    {
        private readonly IDisk _disk;
        private readonly DiskWorker _worker;

        public LateDisk(IDisk disk)
        {
            _disk = disk;
            _worker = new DiskWorker("late disk", Run);
        }

        public int BlockBytes => _disk.BlockBytes;

        public ulong LengthBytes => _disk.LengthBytes;

        public bool IsReadOnly => false;

        public DiskStatus Submit(DiskRequest request)
        {
            _worker.Enqueue(request);
            return DiskStatus.Pending;
        }

        public void Dispose()
        {
            _worker.Dispose();
            _disk.Dispose();
        }

        private void Run(DiskRequest batch)
        {
            for (DiskRequest? request = batch; request is not null;)
            {
                DiskRequest? next = request.Next;
                request.Complete(_disk.Submit(request));
                request = next;
            }
        }
    }
}
