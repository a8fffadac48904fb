using System.Diagnostics;
using NvmeDoorbell.Controller;
using NvmeDoorbell.Doorbells;
using NvmeDoorbell.Memory;
using NvmeDoorbell.Perf.Harness;
using NvmeDoorbell.Spec;

namespace NvmeDoorbell.Perf.Shapes;

/// <summary>
/// A controller is created and enabled, and its guest creates every queue pair that there can be, through the admin
/// queue. An operation is a pair.
/// </summary>
internal sealed unsafe class OpenQueuesShape(string name) : Shape(name)
{
    public const int Pairs = 65535;

    private const int AdminEntries = 4096;
    private const int Batch = 1024;
    private const ulong Submissions = 0x10_0000;
    private const ulong Completions = 0x20_0000;
    private const ulong IoQueue = 0x30_0000;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    public override int FirstOperations => Pairs;

    public override int LeastOperations => Pairs;

    public override int MostOperations => Pairs;

    protected override double Time(int operations)
    {
        using GuestMemory memory = new();
        var ram = memory.AllocateRegion(0, 4 << 20);
        using Reactor reactor = new(new ReactorOptions());
        var begin = Stopwatch.GetTimestamp();
        using NvmeController controller = new(new NvmeControllerOptions
        {
            Memory = memory,
            Reactors = [reactor],
            MaxQueuePairs = Pairs,
        });
        controller.WriteRegister(RegisterOffset.AdminQueueAttributes, 4, (AdminEntries - 1) * 0x10001u);
        controller.WriteRegister(RegisterOffset.AdminSubmissionQueue, 8, Submissions);
        controller.WriteRegister(RegisterOffset.AdminCompletionQueue, 8, Completions);
        var configuration = new ControllerConfiguration { Enable = true, IoSubmissionEntrySize = 6, IoCompletionEntrySize = 4 };
        controller.WriteRegister(RegisterOffset.ControllerConfiguration, 4, configuration.Value);
        Await(() => controller.IsReady);
        for (var done = 0; done < 2 * operations;)
        {
            var last = Math.Min(done + Batch, 2 * operations);
            for (; done < last; done++) Put(ram, done);
            controller.Doorbells.Ring(DoorbellMemory.TailId(0), (uint)(done % AdminEntries));
            Await(() => HasCompleted(ram, done - 1));
            controller.Doorbells.Ring(DoorbellMemory.HeadId(0), (uint)(done % AdminEntries));
        }
        var ns = NsSince(begin, operations);
        if (controller.GetStatistics().Errors != 0) throw new InvalidOperationException($"{Name}: a queue was not created.");
        return ns;
    }

    /// <summary>The command of this number: of each pair the completion queue first.</summary>
    // SAFETY: the entry lies within the admin queue, and the queue within the region.
    private static void Put(nint ram, int command)
    {
        var id = (uint)(command / 2) + 1;
        var isCompletion = command % 2 == 0;
        *(SubmissionEntry*)(ram + (nint)Submissions + (command % AdminEntries * SubmissionEntry.SizeBytes)) = new SubmissionEntry
        {
            Opcode = (byte)(isCompletion ? AdminOpcode.CreateIoCompletionQueue : AdminOpcode.CreateIoSubmissionQueue),
            CommandId = (ushort)command,
            Prp1 = IoQueue,
            Cdw10 = (63u << 16) | id,
            Cdw11 = isCompletion ? 3 : (id << 16) | 1,
        };
    }

    // SAFETY: as above. Commands are completed in their order, so the last one's phase speaks for all.
    private static bool HasCompleted(nint ram, int command)
    {
        var high = Volatile.Read(
            ref *(ulong*)(ram + (nint)Completions + (command % AdminEntries * CompletionEntry.SizeBytes) + 8));
        return ((high >> 48) & 1) != (ulong)(command / AdminEntries % 2);
    }

    private void Await(Func<bool> done)
    {
        var begin = Stopwatch.GetTimestamp();
        while (!done())
        {
            if (Stopwatch.GetElapsedTime(begin) > Patience) throw new TimeoutException($"{Name}: no answer.");
            Thread.SpinWait(20);
        }
    }
}
