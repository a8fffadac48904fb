using System.Globalization;
using NvmeDoorbell.Storage;

namespace NvmeDoorbell.VfioUser.CommandLine;

/// <summary>
/// A disk as the command line names it: <see cref="FileForm"/>, or a size and a block for RAM and null disks.
/// </summary>
/// <param name="Kind">What it is.</param>
/// <param name="Path">The file; empty for the others.</param>
/// <param name="LengthBytes">The size; 0: the file's.</param>
/// <param name="Options">What was said beside.</param>
internal sealed record DiskArgument(DiskKind Kind, string Path, ulong LengthBytes, FileDiskOptions Options)
{
    /// <summary>How a file is written.</summary>
    public const string FileForm = "FILE[,ro][,block=4096][,direct][,shared][,io=threads]";

    private const int MinBlockBytes = 512;
    private const int MaxBlockBytes = 4096;

    /// <summary>Reads one.</summary>
    /// <exception cref="FormatException">With a message for the user.</exception>
    public static DiskArgument Parse(DiskKind kind, string text)
    {
        string[] parts = text.Split(',');
        var options = new FileDiskOptions();
        int last = parts.Length;
        // From the end: a comma in a file's name is part of it, unless what follows is an option.
        for (; last > 1 && TryReadOption(parts[last - 1], ref options); last--)
        {
        }
        string subject = string.Join(',', parts[..last]);
        if (kind == DiskKind.File)
        {
            if (subject.Length == 0)
                throw new FormatException($"A disk needs a file: {FileForm}.");
            return new DiskArgument(kind, subject, 0, options);
        }
        if (!ByteSize.TryParse(subject, out ulong lengthBytes) || lengthBytes == 0)
            throw new FormatException($"'{subject}' is no size; write it as 64G or 1048576.");
        if (lengthBytes % (uint)options.BlockBytes != 0)
            throw new FormatException($"{lengthBytes} bytes are no whole blocks of {options.BlockBytes}.");
        if (options != new FileDiskOptions { BlockBytes = options.BlockBytes })
            throw new FormatException("Only a file can be read-only, direct, shared, or have a way of its data.");
        return new DiskArgument(kind, "", lengthBytes, options);
    }

    /// <summary>Opens or makes it.</summary>
    /// <exception cref="Exception">As <see cref="FileDisk.Open"/>.</exception>
    public IDisk Open() => Kind switch
    {
        DiskKind.File => FileDisk.Open(Path, Options),
        DiskKind.Ram => new RamDisk(LengthBytes, Options.BlockBytes),
        _ => new NullDisk(LengthBytes, Options.BlockBytes),
    };

    private static bool TryReadOption(string option, ref FileDiskOptions options)
    {
        FileDiskOptions? more = option switch
        {
            "ro" => options with { IsReadOnly = true },
            "direct" => options with { IsDirect = true },
            "shared" => options with { IsShared = true },
            "io=uring" => options with { Io = FileDiskIo.IoUring },
            "io=threads" => options with { Io = FileDiskIo.Positional },
            _ when option.StartsWith("io=", StringComparison.Ordinal) =>
                throw new FormatException($"'{option[3..]}' is no way of data: uring or threads."),
            _ when option.StartsWith("block=", StringComparison.Ordinal) =>
                options with { BlockBytes = ReadBlock(option["block=".Length..]) },
            _ => null,
        };
        options = more ?? options;
        return more is not null;
    }

    private static int ReadBlock(string number) =>
        int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out int blockBytes)
        && int.IsPow2(blockBytes) && blockBytes is >= MinBlockBytes and <= MaxBlockBytes
            ? blockBytes
            : throw new FormatException($"'{number}' is no length of a block: 512, 1024, 2048 or 4096.");
}
