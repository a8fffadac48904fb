using System.Runtime.InteropServices;
using NvmeDoorbell.Controller;
using NvmeDoorbell.Doorbells;
using NvmeDoorbell.Memory;
using NvmeDoorbell.Spec;
using NvmeDoorbell.Storage;
using NvmeDoorbell.Tests.Drivers;

namespace NvmeDoorbell.Tests.Controller;

/// <summary>A controller whose guest has created every queue pair that there can be.</summary>
internal sealed class ManyQueuesTests
{
    private const int Pairs = 65535;
    private const int BudgetBytes = 64 << 20;
    private const uint AdminEntries = 4096;
    private const ulong AdminSubmissions = 0x10_0000;
    private const ulong AdminCompletions = 0x20_0000;
    private const ulong Submissions = 0x30_0000;
    private const ulong Completions = 0x31_0000;

    private GuestMemory _memory = null!;
    private Reactor _reactor = null!;
    private NullDisk _disk = null!;
    private NvmeController _controller = null!;
    private uint _tail;
    private ulong _commands;

    [SetUp]
    public void SetUp()
    {
        _memory = new GuestMemory();
        _memory.AllocateRegion(0, 4 << 20);
        _reactor = new Reactor(new ReactorOptions());
        _disk = new NullDisk(1 << 20);
        _tail = 0;
        _commands = 0;
    }

    [TearDown]
    public void TearDown()
    {
        _controller.Dispose();
        _reactor.Dispose();
        _disk.Dispose();
        _memory.Dispose();
    }

    [Test]
    public void Opening_65535_queue_pairs_takes_less_than_64_MiB()
    {
        long before = GetManagedBytes();
        Enable(Pairs);
        CreatePairs(Pairs);
        long managed = GetManagedBytes() - before;

        long native = (Pairs + 1L) * (2 * DoorbellSlot.SizeBytes + WakerCell.SizeBytes);
        TestContext.Out.WriteLine($"{managed / Pairs} B managed and {native / Pairs} B native a pair");
        Assert.That(_reactor.TaskCount, Is.EqualTo(Pairs + 1));
        Assert.That(managed + native, Is.LessThan(BudgetBytes));
    }

    [Test]
    public void The_last_of_65535_queue_pairs_serves_its_commands_and_can_be_deleted()
    {
        Enable(Pairs);
        _controller.AddNamespace(1, _disk);
        CreatePairs(Pairs);

        Put(Submissions, 0, new SubmissionEntry { Opcode = (byte)IoOpcode.Flush, NamespaceId = 1, CommandId = 7 });
        _controller.Doorbells.Ring(DoorbellMemory.TailId(Pairs), 1);

        Wait.Until(() => Read(Completions, 0).Phase, "the flush");
        Assert.That(Read(Completions, 0).Status, Is.EqualTo(StatusCode.Success));
        Assert.That(Read(Completions, 0).SqId, Is.EqualTo(Pairs));
        Submit(new SubmissionEntry { Opcode = (byte)AdminOpcode.DeleteIoSubmissionQueue, Cdw10 = Pairs });
        Submit(new SubmissionEntry { Opcode = (byte)AdminOpcode.DeleteIoSubmissionQueue, Cdw10 = 1 });
        Ring();
        Submit(new SubmissionEntry { Opcode = (byte)AdminOpcode.DeleteIoCompletionQueue, Cdw10 = Pairs });
        Submit(new SubmissionEntry { Opcode = (byte)AdminOpcode.DeleteIoCompletionQueue, Cdw10 = 1 });
        Ring();
        Assert.That(_controller.GetStatistics().Errors, Is.Zero);
        Wait.Until(() => _reactor.TaskCount == Pairs - 1, "the tasks to go");
    }

    [Test]
    public void Queues_that_nobody_rings_stay_asleep_while_another_works()
    {
        const int pairs = 256;
        _reactor.Dispose();
        _reactor = new Reactor(new ReactorOptions { OwnThread = false, Polling = ReactorPolling.Never });
        Enable(pairs);
        _controller.AddNamespace(1, _disk);
        CreatePairs(pairs);
        Settle();
        ReactorStatistics before = _reactor.GetStatistics();

        for (uint command = 0; command < 8; command++)
        {
            Put(Submissions, command, new SubmissionEntry { Opcode = (byte)IoOpcode.Flush, NamespaceId = 1 });
            _controller.Doorbells.Ring(DoorbellMemory.TailId(1), command + 1);
            Settle();
        }

        ReactorStatistics after = _reactor.GetStatistics();
        Assert.That(after.Wakes - before.Wakes, Is.EqualTo(8), "the one task that was rung for");
        Assert.That(after.Sleeps - before.Sleeps, Is.EqualTo(8), "and no other has been awake to sleep again");
    }

    private static long GetManagedBytes()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        return GC.GetTotalMemory(forceFullCollection: true);
    }

    private void Enable(int pairs)
    {
        _controller = new NvmeController(new NvmeControllerOptions
        {
            Memory = _memory,
            Reactors = [_reactor],
            MaxQueuePairs = pairs,
        });
        _controller.WriteRegister(RegisterOffset.AdminQueueAttributes, 4, (AdminEntries - 1) << 16 | (AdminEntries - 1));
        _controller.WriteRegister(RegisterOffset.AdminSubmissionQueue, 8, AdminSubmissions);
        _controller.WriteRegister(RegisterOffset.AdminCompletionQueue, 8, AdminCompletions);
        _controller.WriteRegister(RegisterOffset.ControllerConfiguration, 4, ControllerDriver.DefaultConfiguration);
        Await(() => _controller.IsReady, "CSTS.RDY");
    }

    /// <summary>Queue pairs of 64 entries, all in the same place: the guest's loss where it uses two.</summary>
    private void CreatePairs(int pairs)
    {
        for (uint id = 1; id <= pairs; id++)
        {
            Submit(new SubmissionEntry
            {
                Opcode = (byte)AdminOpcode.CreateIoCompletionQueue,
                Prp1 = Completions,
                Cdw10 = 63u << 16 | id,
                Cdw11 = 3,
            });
            Submit(new SubmissionEntry
            {
                Opcode = (byte)AdminOpcode.CreateIoSubmissionQueue,
                Prp1 = Submissions,
                Cdw10 = 63u << 16 | id,
                Cdw11 = id << 16 | 1,
            });
            if (id % 1024 == 0 || id == pairs)
                Ring();
        }
        Assert.That(_controller.GetStatistics().Errors, Is.Zero);
    }

    private void Submit(SubmissionEntry entry)
    {
        Put(AdminSubmissions, _tail, entry);
        _tail = (_tail + 1) % AdminEntries;
        _commands++;
    }

    /// <summary>Rings for what has been submitted, and waits until all of it has been completed.</summary>
    private void Ring()
    {
        _controller.Doorbells.Ring(DoorbellMemory.TailId(0), _tail);
        var last = (uint)((_commands - 1) % AdminEntries);
        bool phase = (_commands - 1) / AdminEntries % 2 == 0;
        Await(() => Read(AdminCompletions, last).Phase == phase, "admin commands");
        _controller.Doorbells.Ring(DoorbellMemory.HeadId(0), _tail);
    }

    private void Await(Func<bool> done, string what) =>
        Assert.That(_reactor.Drive(done, TimeSpan.FromSeconds(60)), Is.True, what);

    /// <summary>Turns the lent reactor until nothing is awake.</summary>
    private void Settle()
    {
        for (int turn = 0; turn < 64; turn++)
            _reactor.Run(TimeSpan.Zero);
    }

    private void Put(ulong queue, uint index, SubmissionEntry entry) => _memory.TryWrite(
        queue + index * SubmissionEntry.SizeBytes, MemoryMarshal.AsBytes(new ReadOnlySpan<SubmissionEntry>(in entry)));

    private CompletionEntry Read(ulong queue, uint index)
    {
        Span<byte> bytes = stackalloc byte[CompletionEntry.SizeBytes];
        _memory.TryRead(queue + index * CompletionEntry.SizeBytes, bytes);
        return MemoryMarshal.Read<CompletionEntry>(bytes);
    }
}
