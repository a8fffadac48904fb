using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;

namespace NvmeDoorbell.Storage;

/// <summary>Folders by the system's own calls: .NET opens none.</summary>
[SupportedOSPlatform("linux")]
internal static partial class LinuxFolder
{
    private const int ReadOnly = 0x80000; // O_RDONLY | O_CLOEXEC, fcntl.h

    /// <summary>Makes the names in a folder durable.</summary>
    /// <exception cref="IOException">The system says that it cannot.</exception>
    public static void Sync(string path)
    {
        int descriptor = Open(path, ReadOnly);
        if (descriptor < 0)
            throw new IOException($"The folder '{path}' cannot be opened: error {Marshal.GetLastPInvokeError()}.");
        using var handle = new SafeFileHandle(descriptor, ownsHandle: true);
        if (Fsync(descriptor) < 0)
            throw new IOException($"The folder '{path}' cannot be made durable: error {Marshal.GetLastPInvokeError()}.");
    }

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Fsync(int descriptor);
}
