using NvmeDoorbell.Spec;

namespace NvmeDoorbell.Controller;

/// <summary>An admin command from its fetch to the posting of its completion. Owned by the admin task.</summary>
internal sealed class AdminCommand
{
    private const ushort NoLocation = 0xFFFF;
    private const int SavedBytes = SubmissionEntry.SizeBytes + 8;

    private SubmissionEntry _entry;

    /// <summary>The submission entry: a copy, so that the guest cannot change what has been checked.</summary>
    public ref readonly SubmissionEntry Entry => ref _entry;

    /// <summary>Dword 0 of the completion.</summary>
    public uint Result { get; set; }

    /// <summary>The status it ends with.</summary>
    public StatusCode Status { get; set; }

    /// <summary>
    /// Parameter Error Location of the error log: which byte of the entry is to blame, and in bits 10:8 which bit of it;
    /// FFFFh: none in particular.
    /// </summary>
    public ushort ErrorLocation { get; private set; } = NoLocation;

    /// <summary>Which enabling of the controller it belongs to; one that outlives its enabling is dropped.</summary>
    public ulong Enabling { get; private set; }

    /// <summary>Takes the next command.</summary>
    public void Begin(in SubmissionEntry entry, ulong enabling)
    {
        _entry = entry;
        Enabling = enabling;
        Result = 0;
        Status = StatusCode.Success;
        ErrorLocation = NoLocation;
    }

    /// <summary>Saves it.</summary>
    public void Save(StateWriter writer)
    {
        writer.WriteStructure(_entry);
        writer.Write(Result);
        writer.Write((ushort)Status);
        writer.Write(ErrorLocation);
    }

    /// <summary>Reads a list of them.</summary>
    public static AdminCommand[] ReadAll(ref StateReader reader, int most)
    {
        var commands = new AdminCommand[reader.ReadCount(most, SavedBytes)];
        for (int index = 0; index < commands.Length; index++)
            commands[index] = Read(ref reader);
        return commands;
    }

    /// <summary>Reads one. It belongs to no enabling yet.</summary>
    public static AdminCommand Read(ref StateReader reader)
    {
        AdminCommand command = new();
        command.Begin(reader.ReadStructure<SubmissionEntry>(), enabling: 0);
        command.Result = reader.ReadUInt32();
        command.Status = reader.ReadStatus();
        command.ErrorLocation = reader.ReadUInt16();
        return command;
    }

    /// <summary>Refuses the command for one field of it.</summary>
    /// <param name="status">Why.</param>
    /// <param name="byteOffset">The first byte of the field in the submission entry.</param>
    /// <param name="bit">Its first bit in that byte.</param>
    /// <returns><paramref name="status"/>.</returns>
    public StatusCode Refuse(StatusCode status, int byteOffset, int bit = 0)
    {
        ErrorLocation = (ushort)(bit << 8 | byteOffset);
        return status;
    }
}
