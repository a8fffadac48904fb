using System.Runtime.InteropServices;

namespace NvmeDoorbell.Storage;

/// <summary><c>struct io_uring_cqe</c>, linux/io_uring.h: how something has ended.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct IoUringCompletion
{
    /// <summary>That of the entry.</summary>
    public ulong Tag;

    /// <summary>Bytes, or the negative of a <see cref="FileError"/>.</summary>
    public int Result;

    public uint Flags;
}
