using System.Runtime.InteropServices;
using NvmeDoorbell.Spec;

namespace NvmeDoorbell.Tests.Fuzz;

/// <summary>Hostile I/O queues: doorbells with any value, entries that change while they are read, PRP lists of any form.</summary>
internal static class QueueActs
{
    private const int ListEntries = 512;
    private static readonly IoOpcode[] Opcodes = Enum.GetValues<IoOpcode>();

    /// <summary>A tail: mostly what a driver would ring, else anything.</summary>
    public static void RingTail(FuzzMachine machine, Worker worker)
    {
        HostileQueue queue = worker.Random.Pick<HostileQueue>(machine.Queues);
        uint value = worker.Random.Below(4u) switch
        {
            0 => (uint)worker.Random.Odd(),
            1 => worker.Random.Below(queue.Entries),
            _ => queue.Advance(),
        };
        machine.Victim.WriteBar0(queue.DoorbellOffset(isHead: false), 4, value);
    }

    /// <summary>A head: valid by luck, which makes room in a full queue.</summary>
    public static void RingHead(FuzzMachine machine, Worker worker)
    {
        HostileQueue queue = worker.Random.Pick<HostileQueue>(machine.Queues);
        uint value = worker.Random.OneIn(8) ? (uint)worker.Random.Odd() : worker.Random.Below(queue.Entries);
        machine.Victim.WriteBar0(queue.DoorbellOffset(isHead: true), 4, value);
    }

    /// <summary>Any doorbell register but the valid driver's, at any width.</summary>
    public static void RingAny(FuzzMachine machine, Worker worker)
    {
        FuzzRandom random = worker.Random;
        ulong offset = RegisterOffset.Doorbells + (ulong)machine.FirstDoorbell * 4 + random.Below(256u);
        int width = random.OneIn(4) ? random.Below(10) : 4;
        machine.Victim.WriteBar0(offset, width, random.Odd());
    }

    /// <summary>A word of guest RAM changes: an entry, a list, or data under way.</summary>
    public static void Scribble(FuzzMachine machine, Worker worker)
    {
        FuzzRandom random = worker.Random;
        HostileQueue queue = random.Pick<HostileQueue>(machine.Queues);
        if (random.OneIn(2))
            machine.Ram.Store(machine.Ram.Address(random) & ~7ul, random.OneIn(2) ? machine.Ram.Address(random) : random.Odd());
        else
            machine.Ram.Store(queue.SqAddress + 8 * random.Below(queue.Entries * 8), machine.Ram.Address(random));
    }

    /// <summary>An I/O command, with data pages from everywhere.</summary>
    public static void Command(FuzzMachine machine, Worker worker)
    {
        FuzzRandom random = worker.Random;
        HostileQueue queue = random.Pick<HostileQueue>(machine.Queues);
        IoOpcode opcode = random.Below(16u) switch
        {
            0 => (IoOpcode)random.Below(256u),
            < 6 => random.Pick<IoOpcode>(Opcodes),
            < 8 => IoOpcode.Flush,
            < 12 => IoOpcode.Write,
            _ => IoOpcode.Read,
        };
        ulong lba = random.OneIn(8) ? random.Odd() : random.Below(2048u);
        uint nsid = random.OneIn(16) ? (uint)random.Odd() : 2 + random.Below(5u);
        if (nsid == HonestDriver.Nsid)
            nsid = 2;
        uint flags = random.OneIn(32) ? (uint)random.Next() & 0xFF00 : 0;
        ulong pointer1 = machine.Ram.Address(random);
        ulong pointer2;
        if (random.OneIn(3))
        {
            flags |= 0x4000u << random.Below(2); // PSDT: a scatter gather list
            SglDescriptor descriptor = random.OneIn(2) ? Descriptor(machine, random) : SglList(machine, random);
            (pointer1, pointer2) = (descriptor.Address, descriptor.LengthAndIdentifier);
        }
        else
        {
            pointer2 = random.OneIn(4) ? machine.Ram.Address(random) : PrpList(machine, random);
        }
        machine.Ram.StoreEntry(queue.SqAddress + queue.NextPlace() * 64ul, new SubmissionEntry
        {
            Cdw0 = (byte)opcode | (uint)random.Below(65536u) << 16 | flags,
            NamespaceId = nsid,
            Prp1 = pointer1,
            Prp2 = pointer2,
            Cdw10 = (uint)lba,
            Cdw11 = (uint)(lba >> 32),
            Cdw12 = (random.OneIn(16) ? (uint)random.Odd() : random.Below(256u)) | (random.OneIn(8) ? 1u << 30 : 0),
            Cdw13 = random.OneIn(4) ? (uint)random.Odd() : 0,
        });
        uint tail = queue.Advance();
        machine.Victim.WriteBar0(queue.DoorbellOffset(isHead: false), 4, random.OneIn(2) ? tail : random.Below(queue.Entries));
        machine.Victim.WriteBar0(queue.DoorbellOffset(isHead: true), 4, random.Below(queue.Entries));
    }

    /// <summary>A list: from the start of a page or not, over several pages, to itself, with holes.</summary>
    private static ulong PrpList(FuzzMachine machine, FuzzRandom random)
    {
        ulong list = FuzzRam.FixedPage(random);
        ulong start = list + (random.OneIn(2) ? 0 : 8 * (ulong)random.Below(ListEntries));
        int entries = random.OneIn(8) ? ListEntries : random.Below(16);
        for (int entry = 0; entry < entries && start + (ulong)entry * 8 < list + 4096; entry++)
            machine.Ram.Store(start + (ulong)entry * 8, machine.Ram.Address(random));
        ulong chain = random.OneIn(2) ? list : random.OneIn(2) ? FuzzRam.FixedPage(random) : machine.Ram.Address(random);
        machine.Ram.Store(list + 8 * (ListEntries - 1), chain);
        return start;
    }

    /// <summary>A scatter gather list: a page of descriptors, to itself, to others, or to nowhere.</summary>
    private static SglDescriptor SglList(FuzzMachine machine, FuzzRandom random)
    {
        ulong list = FuzzRam.FixedPage(random);
        int count = 1 + random.Below(16);
        for (int index = 0; index < count; index++)
        {
            SglDescriptor descriptor = index == count - 1 && random.OneIn(2)
                ? new SglDescriptor(SglDescriptorType.Segment, random.OneIn(2) ? list : FuzzRam.FixedPage(random), 64)
                : Descriptor(machine, random);
            machine.Ram.Memory.TryWrite(list + (ulong)index * SglDescriptor.SizeBytes,
                MemoryMarshal.AsBytes(new ReadOnlySpan<SglDescriptor>(in descriptor)));
        }
        uint lengthBytes = (uint)count * SglDescriptor.SizeBytes + (random.OneIn(16) ? random.Below(16u) : 0);
        return new SglDescriptor(
            random.OneIn(2) ? SglDescriptorType.LastSegment : SglDescriptorType.Segment, list, lengthBytes);
    }

    private static SglDescriptor Descriptor(FuzzMachine machine, FuzzRandom random)
    {
        uint lengthBytes = random.OneIn(8) ? (uint)random.Odd() : 512 * random.Below(17u);
        var type = (SglDescriptorType)(random.OneIn(8) ? random.Below(16u) : random.Below(2u)); // mostly data or a bit bucket
        return new SglDescriptor(type, machine.Ram.Address(random), lengthBytes);
    }

    /// <summary>Writes an entry of a submission queue, as a driver does.</summary>
    public static void StoreEntry(this FuzzRam ram, ulong address, in SubmissionEntry entry) =>
        ram.Memory.TryWrite(address, MemoryMarshal.AsBytes(new ReadOnlySpan<SubmissionEntry>(in entry)));
}
