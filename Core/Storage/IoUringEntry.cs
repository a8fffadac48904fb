using System.Runtime.InteropServices;

namespace NvmeDoorbell.Storage;

/// <summary><c>struct io_uring_sqe</c>, linux/io_uring.h: one thing that the kernel is asked to do.</summary>
[StructLayout(LayoutKind.Sequential, Size = 64)]
internal struct IoUringEntry
{
    public IoUringOperation Operation;
    public byte Flags;
    public ushort Priority;
    public int Descriptor;
    public ulong Offset;
    public ulong Address;

    /// <summary>In bytes; the number of segments for the vectored operations.</summary>
    public uint Length;

    public uint OperationFlags;

    /// <summary>Comes back with the completion.</summary>
    public ulong Tag;
}
