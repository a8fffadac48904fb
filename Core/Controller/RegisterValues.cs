using NvmeDoorbell.Spec;

namespace NvmeDoorbell.Controller;

/// <summary>The registers that a guest has written, and CSTS, while no reset is wanted.</summary>
internal readonly record struct RegisterValues(
    ControllerConfiguration Configuration,
    AdminQueueAttributes AdminQueueAttributes,
    ulong AdminSubmissionQueue,
    ulong AdminCompletionQueue,
    ControllerStatus Status)
{
    private const ulong PageMask = 0xFFF;

    public static RegisterValues Read(ref StateReader reader)
    {
        RegisterValues read = new(
            new ControllerConfiguration(reader.ReadUInt32()),
            new AdminQueueAttributes(reader.ReadUInt32()),
            reader.ReadUInt64(),
            reader.ReadUInt64(),
            new ControllerStatus(reader.ReadUInt32()));
        reader.Require(
            (read.Configuration.Value & ~RegisterFile.WritableConfiguration) == 0
                && (read.AdminQueueAttributes.Value & ~AdminQueueAttributes.DefinedBits) == 0
                && ((read.AdminSubmissionQueue | read.AdminCompletionQueue) & PageMask) == 0,
            "a register has bits that it does not keep");
        ControllerStatus known = new()
        {
            Ready = read.Status.Ready,
            FatalStatus = read.Status.FatalStatus,
            ShutdownStatus = read.Status.ShutdownStatus,
            SubsystemResetOccurred = read.Status.SubsystemResetOccurred,
        };
        reader.Require(
            read.Status == known && read.Status.ShutdownStatus is ShutdownStatus.Normal or ShutdownStatus.Complete,
            "CSTS has a value that a controller at rest does not have");
        return read;
    }

    public void Save(StateWriter writer)
    {
        writer.Write(Configuration.Value);
        writer.Write(AdminQueueAttributes.Value);
        writer.Write(AdminSubmissionQueue);
        writer.Write(AdminCompletionQueue);
        writer.Write(Status.Value);
    }

    /// <summary>What they ask of the admin task.</summary>
    public ControllerWish AsWish() => new(
        Configuration, AdminQueueAttributes, AdminSubmissionQueue, AdminCompletionQueue, IsResetWanted: false);
}
