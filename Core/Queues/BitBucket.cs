using NvmeDoorbell.Memory;

namespace NvmeDoorbell.Queues;

/// <summary>
/// Memory for what nobody wants: what a disk reads for a bit bucket descriptor goes here. One for the process, written by
/// any number of disks at a time, read by none.
/// </summary>
internal static class BitBucket
{
    /// <summary>More goes here piece by piece.</summary>
    public const uint LengthBytes = 64 << 10;

    private static readonly LastingBlock Block = new(LengthBytes);

    public static nint Address => Block.Address;
}
