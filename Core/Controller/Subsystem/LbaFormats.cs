using System.Numerics;
using NvmeDoorbell.Spec;
using NvmeDoorbell.Storage;

namespace NvmeDoorbell.Controller;

/// <summary>
/// The LBA formats, by index: 512 bytes, 4096 bytes, and, where a disk's own block is another one, that. The same list
/// for every namespace; a format with a block smaller than the disk's is not available to it.
/// </summary>
internal static class LbaFormats
{
    private static ReadOnlySpan<byte> Common => [9, 12];

    /// <summary>Formats of a namespace on a disk; null: those that all namespaces have.</summary>
    public static int GetCount(IDisk? disk) =>
        Common.Length + (disk is not null && !Common.Contains((byte)ShiftOf(disk)) ? 1 : 0);

    /// <summary>Base-2 logarithm of a format's block size in bytes; 0: the format is not available.</summary>
    public static int GetShift(int index, IDisk? disk)
    {
        if (index >= GetCount(disk))
            return 0;
        int shift = index < Common.Length ? Common[index] : ShiftOf(disk!);
        return disk is null || (shift >= ShiftOf(disk) && disk.LengthBytes >> shift != 0) ? shift : 0;
    }

    /// <summary>The index of a format that the disk has.</summary>
    public static int GetIndex(int shift)
    {
        int index = Common.IndexOf((byte)shift);
        return index < 0 ? Common.Length : index;
    }

    /// <summary>Whether a disk can have blocks of that size.</summary>
    public static bool Has(int blockBytes, IDisk disk) =>
        BitOperations.IsPow2(blockBytes) && GetShift(GetIndex(BitOperations.Log2((uint)blockBytes)), disk) is > 0 and var shift
        && 1 << shift == blockBytes;

    /// <summary>Writes NLBAF and the list.</summary>
    public static void Write(IDisk? disk, IdentifyNamespaceData data)
    {
        int count = GetCount(disk);
        data.NumberOfLbaFormats = (byte)(count - 1);
        for (int index = 0; index < count; index++)
            data.SetLbaFormat(index, new LbaFormat { DataSize = (byte)GetShift(index, disk) });
    }

    private static int ShiftOf(IDisk disk) => BitOperations.Log2((uint)disk.BlockBytes);
}
