using NvmeDoorbell.Spec;
using NvmeDoorbell.Storage;
using NvmeDoorbell.Tests.Drivers;

namespace NvmeDoorbell.Tests.Controller;

/// <summary>The way of a command allocates nothing: fetch, PRP walk, disk, completion list, post, interrupt.</summary>
public sealed class IoAllocationTests
{
    private const int Commands = 100_000;
    private const int Batch = 32;

    [Test]
    public void Commands_that_a_disk_answers_at_once_allocate_nothing()
    {
        using var io = new IoTaskFixture(cqEntries: 256);
        using var disk = new NullDisk(1 << 20);
        io.AddNamespace(disk);
        Assert.That(Measure(io, static () => { }, Plain(io)), Is.Zero);
    }

    [Test]
    public void Commands_of_several_steps_and_fused_pairs_allocate_nothing()
    {
        using var io = new IoTaskFixture(cqEntries: 256);
        using var disk = new NullDisk(1 << 20);
        io.AddNamespace(disk);
        Assert.That(Measure(io, static () => { }, Stepped(io)), Is.Zero);
    }

    [Test]
    public void Commands_of_several_steps_that_a_disk_completes_later_allocate_nothing()
    {
        using var io = new IoTaskFixture(cqEntries: 256);
        var disk = new KeepingDisk();
        io.AddNamespace(disk);
        Assert.That(Measure(io, disk.CompleteAll, Stepped(io)), Is.Zero);
    }

    [Test]
    public void Commands_that_a_disk_completes_later_allocate_nothing()
    {
        using var io = new IoTaskFixture(cqEntries: 256);
        var disk = new KeepingDisk();
        io.AddNamespace(disk);
        Assert.That(Measure(io, disk.CompleteAll, Plain(io)), Is.Zero);
    }

    [Test]
    public void Commands_whose_interrupts_are_held_back_allocate_nothing()
    {
        using var io = new IoTaskFixture(cqEntries: 256);
        using var disk = new NullDisk(1 << 20);
        io.AddNamespace(disk);
        io.Coalescing.Set(0x0105); // six entries, 100 microseconds
        Assert.That(Measure(io, static () => { }, Plain(io)), Is.Zero);
        Assert.That(io.Raised, Is.LessThan(Commands));
    }

    private static SubmissionEntry[] Plain(IoTaskFixture io)
    {
        ulong list = WriteList(io);
        return
        [
            IoEntries.Read(1, 0, 1, IoTaskFixture.DataAddress),
            IoEntries.Read(2, 0, 64, IoTaskFixture.DataAddress, list),
            IoEntries.Write(3, 0, 16, IoTaskFixture.DataAddress, IoTaskFixture.DataAddress + 8192),
            IoEntries.Flush(4),
            IoEntries.WriteZeroes(5, 0, 8),
        ];
    }

    /// <summary>As many as a batch has, or a part of that: a pair is in one batch.</summary>
    private static SubmissionEntry[] Stepped(IoTaskFixture io)
    {
        ulong list = WriteList(io);
        ulong range = list + 4096;
        ulong source = list + 8192;
        io.Memory.TryWrite(range, IoEntries.Range(100, 8));
        io.Memory.TryWrite(source, IoEntries.Source(100, 8));
        return
        [
            IoEntries.Compare(1, 0, 64, IoTaskFixture.DataAddress, list),
            IoEntries.Verify(2, 0, 600),
            IoEntries.Deallocate(3, range, 1),
            IoEntries.Copy(4, 200, source, 1),
            IoEntries.WriteUncorrectable(5, 1000, 1),
            IoEntries.Write(6, 1000, 1, IoTaskFixture.DataAddress),
            IoEntries.Compare(7, 4, 1, IoTaskFixture.DataAddress) with { Fuse = FusedOperation.First },
            IoEntries.Write(8, 4, 1, IoTaskFixture.DataAddress) with { Fuse = FusedOperation.Second },
        ];
    }

    private static ulong WriteList(IoTaskFixture io)
    {
        ulong list = IoTaskFixture.DataAddress + (1 << 20);
        for (uint i = 0; i < 32; i++)
            io.Memory.TryWrite(list + i * 8, BitConverter.GetBytes(IoTaskFixture.DataAddress + (i + 1) * 8192ul));
        return list;
    }

    private static long Measure(IoTaskFixture io, Action complete, SubmissionEntry[] entries)
    {
        QueueDriver driver = io.AddQueue(entries: 128);
        Run(io, driver, entries, complete, Commands / 5);
        long before = GC.GetAllocatedBytesForCurrentThread();
        int done = Run(io, driver, entries, complete, Commands);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.That(done, Is.GreaterThanOrEqualTo(Commands));
        Assert.That(io.Task.Totals.Errors, Is.Zero);
        return allocated;
    }

    private static int Run(
        IoTaskFixture io, QueueDriver driver, SubmissionEntry[] entries, Action complete, int commands)
    {
        int done = 0;
        int put = 0;
        while (done < commands)
        {
            for (int i = 0; i < Batch; i++)
                driver.Put(in entries[put++ % entries.Length]);
            driver.Ring();
            int target = done + Batch;
            while (done < target)
            {
                io.Reactor.Run(TimeSpan.Zero);
                complete();
                while (driver.TryReap(out _))
                    done++;
            }
            driver.RingHead();
        }
        return done;
    }

    /// <summary>Keeps requests on its own intrusive list until told to complete them.</summary>
    private sealed class KeepingDisk : IDisk
    {
        private DiskRequest? _waiting;

        public int BlockBytes => 512;

        public ulong LengthBytes => 1 << 20;

        public bool IsReadOnly => false;

        public DiskStatus Submit(DiskRequest request)
        {
            request.Next = _waiting;
            _waiting = request;
            return DiskStatus.Pending;
        }

        public void CompleteAll()
        {
            while (_waiting is { } request)
            {
                _waiting = request.Next;
                request.Complete(DiskStatus.Success);
            }
        }

        public void Dispose()
        {
        }
    }
}
