using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;
using NvmeDoorbell.Memory;

namespace NvmeDoorbell.Storage;

/// <summary>An eventfd that a thread waits for through its ring, together with everything else that ends there.</summary>
[SupportedOSPlatform("linux")]
internal sealed partial class RingBell : IDisposable
{
    private const int CloseOnExec = 0x80000; // EFD_CLOEXEC

    private readonly SafeFileHandle _handle;
    private readonly NativeBlock _count = new(sizeof(ulong));

    private RingBell(int descriptor)
    {
        Descriptor = descriptor;
        _handle = new SafeFileHandle(descriptor, ownsHandle: true);
    }

    public int Descriptor { get; }

    /// <summary>Null: no descriptor to be had.</summary>
    public static RingBell? TryCreate()
    {
        int descriptor = EventFd(0, CloseOnExec);
        return descriptor < 0 ? null : new RingBell(descriptor);
    }

    /// <summary>The read that ends when somebody rings, or at once when somebody has.</summary>
    public IoUringEntry Wait(ulong tag) => new()
    {
        Operation = IoUringOperation.Read,
        Descriptor = Descriptor,
        Address = (ulong)_count.Address,
        Length = sizeof(ulong),
        Tag = tag,
    };

    /// <summary>Ends the wait. Any thread.</summary>
    public void Ring()
    {
        ulong one = 1;
        // It could fail only when the count overflows, and then the wait has ended.
        _ = Write(Descriptor, in one, sizeof(ulong));
    }

    public void Dispose()
    {
        _handle.Dispose();
        _count.Dispose();
    }

    [LibraryImport("libc", EntryPoint = "eventfd")]
    private static partial int EventFd(uint count, int flags);

    [LibraryImport("libc", EntryPoint = "write")]
    private static partial nint Write(int descriptor, in ulong value, nint lengthBytes);
}
