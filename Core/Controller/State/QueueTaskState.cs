using NvmeDoorbell.Doorbells;

namespace NvmeDoorbell.Controller;

/// <summary>A completion queue at rest, with the submission queues tied to it.</summary>
internal sealed record QueueTaskState
{
    /// <summary>The shortest, saved.</summary>
    public const int LeastBytes = 50;

    public required ushort Id { get; init; }

    public required ulong Address { get; init; }

    public required uint Entries { get; init; }

    public required ushort Vector { get; init; }

    public required bool InterruptsEnabled { get; init; }

    public required DoorbellPosition Doorbell { get; init; }

    /// <summary>Newest head that was found good.</summary>
    public uint Head { get; init; }

    /// <summary>Next entry to write.</summary>
    public uint Tail { get; init; }

    /// <summary>The phase tag of this pass.</summary>
    public uint Phase { get; init; } = 1;

    public SubmissionQueueState[] Submissions { get; init; } = [];

    /// <summary>Completions that could not be posted, oldest first.</summary>
    public HeldCompletion[] Held { get; init; } = [];

    /// <summary>Nothing has been posted, and at most one submission queue is tied to it, of which that holds too.</summary>
    public bool IsUntouched =>
        (Head | Tail) == 0 && Phase == 1 && Held.Length == 0
        && Submissions is [] or [{ IsUntouched: true }];

    public static QueueTaskState Read(ref StateReader reader, ControllerContext context)
    {
        var id = reader.ReadUInt16();
        QueueLimits.RequireId(ref reader, id, context);
        ulong address = reader.ReadUInt64();
        uint entries = reader.ReadUInt32();
        QueueLimits.RequireMemory(ref reader, address, entries, context);
        var vector = reader.ReadUInt16();
        reader.Require(vector < context.Interrupts.Vectors, "a completion queue has a vector that there is not");
        bool interruptsEnabled = reader.ReadBoolean();
        DoorbellPosition doorbell = DoorbellPositionState.Read(ref reader);
        uint head = reader.ReadUInt32();
        uint tail = reader.ReadUInt32();
        uint phase = reader.ReadByte();
        reader.Require(
            head < entries && tail < entries && phase <= 1, "a completion queue's head, tail or phase is not one of it");
        var submissions = new SubmissionQueueState[
            reader.ReadCount(context.Options.MaxQueuePairs, SubmissionQueueState.LeastBytes)];
        for (int index = 0; index < submissions.Length; index++)
            submissions[index] = SubmissionQueueState.Read(ref reader, context);
        var held = new HeldCompletion[reader.ReadCount(IoRequestPool.MaxRequests, HeldCompletion.SavedBytes)];
        for (int index = 0; index < held.Length; index++)
        {
            held[index] = HeldCompletion.Read(ref reader);
            ushort from = held[index].SqId;
            reader.Require(
                Array.Exists(submissions, queue => queue.Id == from), "a completion is of a queue that is not there");
        }
        QueueTaskState read = new()
        {
            Id = id,
            Address = address,
            Entries = entries,
            Vector = vector,
            InterruptsEnabled = interruptsEnabled,
            Doorbell = doorbell,
            Head = head,
            Tail = tail,
            Phase = phase,
            Submissions = submissions,
            Held = held,
        };
        reader.Require(read.HasRoomForParked(), "more commands are under way than the queues have room for");
        return read;
    }

    public void Save(StateWriter writer)
    {
        writer.Write(Id);
        writer.Write(Address);
        writer.Write(Entries);
        writer.Write(Vector);
        writer.Write(InterruptsEnabled);
        DoorbellPositionState.Save(writer, Doorbell);
        writer.Write(Head);
        writer.Write(Tail);
        writer.Write((byte)Phase);
        writer.WriteCount(Submissions.Length);
        foreach (SubmissionQueueState queue in Submissions)
            queue.Save(writer);
        writer.WriteCount(Held.Length);
        foreach (HeldCompletion held in Held)
            held.Save(writer);
    }

    /// <summary>Each command that is not over has a completion entry to itself, and a request.</summary>
    private bool HasRoomForParked()
    {
        long parked = Held.Length;
        long submitted = 0;
        foreach (SubmissionQueueState queue in Submissions)
        {
            parked += queue.FusedFirst is null ? 0 : 1;
            submitted += queue.Entries - 1L;
        }
        long used = Tail >= Head ? Tail - Head : Tail + Entries - Head;
        return parked <= Entries - 1 - used && parked <= Math.Min(submitted, IoRequestPool.MaxRequests);
    }
}
