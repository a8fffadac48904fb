using NvmeDoorbell.Pci;
using NvmeDoorbell.Spec;

namespace NvmeDoorbell.Tests.Fuzz;

/// <summary>Admin commands of any kind: through the valid driver's admin queue, or through one that is hostile itself.</summary>
internal static class AdminActs
{
    private const ulong AdminSqAddress = 0x8000;
    private const ulong AdminCqAddress = 0xA000;
    private const uint AdminEntries = 32;

    private static readonly AdminOpcode[] Opcodes = Enum.GetValues<AdminOpcode>();
    private static readonly uint[] Sizes = [2, 3, 16, 64, 255, 256];

    /// <summary>The hostile queue pairs, of any size.</summary>
    public static void CreateQueues(FuzzMachine machine, Worker worker)
    {
        foreach (HostileQueue queue in machine.Queues)
            CreateQueue(machine, worker, queue);
    }

    /// <summary>Deletes a hostile queue, in the right order or another, and creates it anew.</summary>
    public static void Recreate(FuzzMachine machine, Worker worker)
    {
        HostileQueue queue = worker.Random.Pick<HostileQueue>(machine.Queues);
        AdminOpcode[] order = [AdminOpcode.DeleteIoSubmissionQueue, AdminOpcode.DeleteIoCompletionQueue];
        if (worker.Random.OneIn(4))
            Array.Reverse(order);
        foreach (AdminOpcode opcode in order)
            Submit(machine, worker, new SubmissionEntry { Opcode = (byte)opcode, Cdw10 = (uint)queue.Id });
        CreateQueue(machine, worker, queue);
    }

    /// <summary>Any command with any fields.</summary>
    public static void Any(FuzzMachine machine, Worker worker)
    {
        FuzzRandom random = worker.Random;
        AdminOpcode opcode = random.OneIn(8)
            ? (AdminOpcode)random.Below(256u)
            : random.Pick<AdminOpcode>(Opcodes);
        uint cdw10 = (uint)random.Odd() | (random.OneIn(2) ? (uint)random.Odd() << 16 : 0);
        uint cdw11 = random.OneIn(2) ? (uint)random.Odd() : random.Below(4u) | random.Below(10u) << 16;
        uint nsid = random.OneIn(4) ? (uint)random.Odd() : random.Below(6u);
        if (machine.Driver is not null)
        {
            if (opcode == AdminOpcode.DoorbellBufferConfig)
                return; // EmbedderActs knows the pages
            if (opcode == AdminOpcode.Sanitize)
                return; // it is meant to take everybody's data
            if (nsid == NamespaceIds.All
                && opcode is AdminOpcode.FormatNvm or AdminOpcode.NamespaceManagement or AdminOpcode.NamespaceAttachment)
            {
                nsid = 2; // so are these, when they name every namespace
            }
            if (opcode is AdminOpcode.DeleteIoSubmissionQueue or AdminOpcode.DeleteIoCompletionQueue or AdminOpcode.Abort
                && (cdw10 & 0xFFFF) < HostileQueue.First)
            {
                cdw10 += HostileQueue.First;
            }
            if (opcode == AdminOpcode.CreateIoSubmissionQueue && cdw11 >> 16 < HostileQueue.First)
                cdw11 += HostileQueue.First << 16; // completions to a queue of its own
        }
        Submit(machine, worker, new SubmissionEntry
        {
            Cdw0 = (byte)opcode | (random.OneIn(8) ? (uint)random.Next() & 0xFF00 : 0),
            NamespaceId = nsid,
            Prp1 = machine.Ram.Address(random),
            Prp2 = machine.Ram.Address(random),
            MetadataPointer = random.OneIn(8) ? random.Odd() : 0,
            Cdw10 = cdw10,
            Cdw11 = cdw11,
            Cdw12 = random.OneIn(2) ? (uint)random.Odd() : 0,
            Cdw13 = random.OneIn(4) ? (uint)random.Odd() : 0,
            Cdw14 = random.OneIn(4) ? (uint)random.Odd() : 0,
        });
    }

    /// <summary>Enables a victim that has no valid driver, with admin queues in hostile RAM.</summary>
    public static void Enable(FuzzMachine machine, Worker worker)
    {
        FuzzRandom random = worker.Random;
        if (machine.Driver is not null || ((uint)machine.Victim.ReadBar0(RegisterOffset.ControllerStatus, 4) & 1) != 0)
            return;
        PciFunction victim = machine.Victim;
        victim.WriteBar0(RegisterOffset.ControllerConfiguration, 4, 0);
        victim.WriteBar0(RegisterOffset.AdminQueueAttributes, 4, (AdminEntries - 1) << 16 | (AdminEntries - 1));
        victim.WriteBar0(RegisterOffset.AdminSubmissionQueue, 8, random.OneIn(8) ? machine.Ram.Address(random) : AdminSqAddress);
        victim.WriteBar0(RegisterOffset.AdminCompletionQueue, 8, random.OneIn(8) ? machine.Ram.Address(random) : AdminCqAddress);
        victim.WriteBar0(RegisterOffset.ControllerConfiguration, 4, 0x0046_0001);
        CreateQueues(machine, worker);
    }

    public static void Submit(FuzzMachine machine, Worker worker, SubmissionEntry entry)
    {
        if (machine.Driver is { } driver)
        {
            driver.TryExecute(worker, entry, waits: (AdminOpcode)entry.Opcode != AdminOpcode.AsynchronousEventRequest, out _);
            return;
        }
        // Somewhere in the queue, and then any tail: an entry may run twice, or never.
        uint place = worker.Random.Below(AdminEntries);
        machine.Ram.StoreEntry(AdminSqAddress + place * 64, entry);
        machine.Victim.WriteBar0(RegisterOffset.Doorbells, 4, (place + 1) % AdminEntries);
        machine.Victim.WriteBar0(RegisterOffset.Doorbells + 4, 4, worker.Random.Below(AdminEntries));
    }

    private static void CreateQueue(FuzzMachine machine, Worker worker, HostileQueue queue)
    {
        FuzzRandom random = worker.Random;
        queue.Entries = random.Pick<uint>(Sizes);
        uint size = (queue.Entries - 1) << 16 | (uint)queue.Id;
        bool isElsewhere = random.OneIn(8);
        Submit(machine, worker, new SubmissionEntry
        {
            Opcode = (byte)AdminOpcode.CreateIoCompletionQueue,
            Prp1 = isElsewhere ? machine.Ram.PageIn(random) : queue.CqAddress,
            Cdw10 = size,
            Cdw11 = random.Below(16u) << 16 | 3,
        });
        int completions = random.OneIn(4) ? random.Pick<HostileQueue>(machine.Queues).Id : queue.Id;
        Submit(machine, worker, new SubmissionEntry
        {
            Opcode = (byte)AdminOpcode.CreateIoSubmissionQueue,
            Prp1 = isElsewhere ? machine.Ram.PageIn(random) : queue.SqAddress,
            Cdw10 = size,
            Cdw11 = (uint)completions << 16 | 1,
        });
    }
}
