using System.Globalization;
using NvmeDoorbell.Storage;

namespace NvmeDoorbell.VfioUser.CommandLine;

/// <summary>A disk as the command line names it: <c>FILE[,ro][,block=4096]</c>, or a size for RAM and null disks.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Path">The file; empty for the others.</param>
/// <param name="LengthBytes">The size; 0: the file's.</param>
/// <param name="BlockBytes">Length of a logical block.</param>
/// <param name="IsReadOnly">Writes are refused.</param>
internal sealed record DiskArgument(DiskKind Kind, string Path, ulong LengthBytes, int BlockBytes, bool IsReadOnly)
{
    private const int DefaultBlockBytes = 512;
    private const int MaxBlockBytes = 4096;

    /// <summary>Reads one.</summary>
    /// <exception cref="FormatException">With a message for the user.</exception>
    public static DiskArgument Parse(DiskKind kind, string text)
    {
        string[] parts = text.Split(',');
        int blockBytes = DefaultBlockBytes;
        bool isReadOnly = false;
        int last = parts.Length;
        // From the end: a comma in a file's name is part of it, unless what follows is an option.
        for (; last > 1 && TryReadOption(parts[last - 1], ref blockBytes, ref isReadOnly); last--)
        {
        }
        string subject = string.Join(',', parts[..last]);
        if (kind == DiskKind.File)
        {
            if (subject.Length == 0)
                throw new FormatException("A disk needs a file: FILE[,ro][,block=4096].");
            return new DiskArgument(kind, subject, 0, blockBytes, isReadOnly);
        }
        if (!ByteSize.TryParse(subject, out ulong lengthBytes) || lengthBytes == 0)
            throw new FormatException($"'{subject}' is no size; write it as 64G or 1048576.");
        if (lengthBytes % (uint)blockBytes != 0)
            throw new FormatException($"{lengthBytes} bytes are no whole blocks of {blockBytes}.");
        if (isReadOnly)
            throw new FormatException("Only a file can be read-only.");
        return new DiskArgument(kind, "", lengthBytes, blockBytes, isReadOnly);
    }

    /// <summary>Opens or makes it.</summary>
    /// <exception cref="Exception">As <see cref="FileDisk.Open"/>.</exception>
    public IDisk Open() => Kind switch
    {
        DiskKind.File => FileDisk.Open(Path, new FileDiskOptions { BlockBytes = BlockBytes, IsReadOnly = IsReadOnly }),
        DiskKind.Ram => new RamDisk(LengthBytes, BlockBytes),
        _ => new NullDisk(LengthBytes, BlockBytes),
    };

    private static bool TryReadOption(string option, ref int blockBytes, ref bool isReadOnly)
    {
        if (option == "ro")
        {
            isReadOnly = true;
            return true;
        }
        const string Block = "block=";
        if (!option.StartsWith(Block, StringComparison.Ordinal))
            return false;
        string number = option[Block.Length..];
        if (!int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out blockBytes)
            || !int.IsPow2(blockBytes) || blockBytes is < DefaultBlockBytes or > MaxBlockBytes)
            throw new FormatException($"'{number}' is no length of a block: 512, 1024, 2048 or 4096.");
        return true;
    }
}
