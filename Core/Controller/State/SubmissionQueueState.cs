using NvmeDoorbell.Doorbells;
using NvmeDoorbell.Spec;

namespace NvmeDoorbell.Controller;

/// <summary>A submission queue at rest.</summary>
internal sealed record SubmissionQueueState
{
    /// <summary>The shortest, saved.</summary>
    public const int LeastBytes = 44;

    public required ushort Id { get; init; }

    public required ulong Address { get; init; }

    public required uint Entries { get; init; }

    public required QueuePriority Priority { get; init; }

    public required DoorbellPosition Doorbell { get; init; }

    /// <summary>Next entry to fetch.</summary>
    public uint Head { get; init; }

    /// <summary>Newest tail that was found good.</summary>
    public uint Tail { get; init; }

    /// <summary>Entries whose commands are aborted when they are fetched.</summary>
    public ushort[] Aborted { get; init; } = [];

    /// <summary>The first command of a fused pair, whose second has not been fetched.</summary>
    public SubmissionEntry? FusedFirst { get; init; }

    /// <summary>Nothing has been fetched from it, and nothing is special about it.</summary>
    public bool IsUntouched => (Head | Tail | Doorbell.Seen) == 0 && Aborted.Length == 0 && FusedFirst is null;

    public static SubmissionQueueState Read(ref StateReader reader, ControllerContext context)
    {
        var id = reader.ReadUInt16();
        QueueLimits.RequireId(ref reader, id, context);
        ulong address = reader.ReadUInt64();
        uint entries = reader.ReadUInt32();
        QueueLimits.RequireMemory(ref reader, address, entries, context);
        byte priority = reader.ReadByte();
        reader.Require(priority <= (byte)QueuePriority.Low, "a submission queue has a class that there is not");
        DoorbellPosition doorbell = DoorbellPositionState.Read(ref reader);
        uint head = reader.ReadUInt32();
        uint tail = reader.ReadUInt32();
        reader.Require(head < entries && tail < entries, "a submission queue's head or tail is not in it");
        var aborted = new ushort[reader.ReadCount((int)entries, sizeof(ushort))];
        for (int index = 0; index < aborted.Length; index++)
        {
            aborted[index] = reader.ReadUInt16();
            reader.Require(aborted[index] < entries, "an aborted entry is not in its queue");
        }
        SubmissionEntry? first = reader.ReadBoolean() ? reader.ReadStructure<SubmissionEntry>() : null;
        reader.Require(first is null or { Fuse: FusedOperation.First }, "the first of a fused pair is no such command");
        return new SubmissionQueueState
        {
            Id = id,
            Address = address,
            Entries = entries,
            Priority = (QueuePriority)priority,
            Doorbell = doorbell,
            Head = head,
            Tail = tail,
            Aborted = aborted,
            FusedFirst = first,
        };
    }

    public void Save(StateWriter writer)
    {
        writer.Write(Id);
        writer.Write(Address);
        writer.Write(Entries);
        writer.Write((byte)Priority);
        DoorbellPositionState.Save(writer, Doorbell);
        writer.Write(Head);
        writer.Write(Tail);
        writer.WriteCount(Aborted.Length);
        foreach (ushort index in Aborted)
            writer.Write(index);
        writer.Write(FusedFirst is not null);
        if (FusedFirst is { } first)
            writer.WriteStructure(first);
    }
}
