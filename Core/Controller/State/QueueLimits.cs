using NvmeDoorbell.Memory;

namespace NvmeDoorbell.Controller;

/// <summary>What holds for every I/O queue, also for one that is read from saved state.</summary>
internal static class QueueLimits
{
    public static void RequireId(ref StateReader reader, ushort id, ControllerContext context) => reader.Require(
        id != 0 && id <= context.Options.MaxQueuePairs, "a queue has an identifier that there cannot be");

    public static void RequireMemory(ref StateReader reader, ulong address, uint entries, ControllerContext context)
    {
        reader.Require(
            entries >= 2 && entries <= (uint)context.Options.MaxQueueEntries, "a queue has a size that there cannot be");
        reader.Require(address % GuestMemory.PageBytes == 0, "a queue does not begin at a page");
    }
}
