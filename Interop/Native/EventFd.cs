using System.Runtime.InteropServices;

namespace NvmeDoorbell.Interop.Native;

/// <summary>Signals to descriptors that the embedder owns.</summary>
internal static partial class EventFd
{
    private const int GetDescriptorFlags = 1; // F_GETFD

    /// <summary>Whether the number is an open descriptor of this process now.</summary>
    public static bool IsOpen(int fd) => GetFlags(fd, GetDescriptorFlags) != -1;

    /// <summary>Adds 1 to the counter. A full counter or a descriptor that has gone is the embedder's loss.</summary>
    public static void Signal(int fd)
    {
        ulong one = 1;
        _ = Write(fd, ref one, sizeof(ulong));
    }

    [LibraryImport("libc", EntryPoint = "fcntl")]
    private static partial int GetFlags(int fd, int command);

    [LibraryImport("libc", EntryPoint = "write")]
    private static partial nint Write(int fd, ref ulong value, nuint lengthBytes);
}
