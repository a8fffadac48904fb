using System.Numerics;

namespace NvmeDoorbell.Storage;

/// <summary>The checks of length and block size that every disk makes when it is made.</summary>
internal static class DiskGeometry
{
    public const int MinBlockBytes = 512;
    public const int MaxBlockBytes = 65536;

    /// <exception cref="ArgumentOutOfRangeException">No power of two from 512 to 65536.</exception>
    public static void CheckBlock(int blockBytes)
    {
        if (blockBytes is < MinBlockBytes or > MaxBlockBytes || !BitOperations.IsPow2(blockBytes))
        {
            throw new ArgumentOutOfRangeException(
                nameof(blockBytes), blockBytes, "A block is a power of two from 512 to 65536 bytes long.");
        }
    }

    /// <exception cref="ArgumentOutOfRangeException">
    /// A length of 0, over 2^63 - 1, or not a multiple of the block.
    /// </exception>
    public static void Check(ulong lengthBytes, int blockBytes)
    {
        CheckBlock(blockBytes);
        if (lengthBytes == 0 || lengthBytes > long.MaxValue || lengthBytes % (uint)blockBytes != 0)
        {
            throw new ArgumentOutOfRangeException(
                nameof(lengthBytes), lengthBytes,
                $"A length is a multiple of the block's {blockBytes} bytes, and not 0.");
        }
    }
}
