using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace NvmeDoorbell.Memory;

/// <summary>
/// Memory that the kernel shares with this process through a file descriptor, such as the rings of io_uring. Who uses it
/// says by <see cref="Volatile"/> on the references which words the other side reads and writes.
/// </summary>
[SupportedOSPlatform("linux")]
internal sealed partial class MappedMemory : IDisposable
{
    private const int ReadWrite = 0x1 | 0x2;      // PROT_READ | PROT_WRITE
    private const int SharedFaulted = 0x1 | 0x8000; // MAP_SHARED | MAP_POPULATE

    private nint _address;

    private MappedMemory(nint address, nuint lengthBytes) => (_address, LengthBytes) = (address, lengthBytes);

    public nuint LengthBytes { get; }

    /// <summary>Maps a part of what the descriptor stands for; null: the system says no.</summary>
    public static MappedMemory? TryMap(int descriptor, long offset, nuint lengthBytes)
    {
        nint address = Mmap(0, lengthBytes, ReadWrite, SharedFaulted, descriptor, offset);
        return address == -1 ? null : new MappedMemory(address, lengthBytes);
    }

    /// <summary>What lies at an offset.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is not inside.</exception>
    public ref T At<T>(nuint offsetBytes)
        where T : unmanaged
    {
        if (offsetBytes > LengthBytes - (nuint)Unsafe.SizeOf<T>())
            ThrowOutside(offsetBytes);
        unsafe
        {
            // SAFETY: the mapping is this long; its owner uses no reference after Dispose.
            return ref *(T*)(_address + (nint)offsetBytes);
        }
    }

    public void Dispose()
    {
        nint address = Interlocked.Exchange(ref _address, 0);
        if (address != 0)
            _ = Munmap(address, LengthBytes);
    }

    private static void ThrowOutside(nuint offsetBytes) =>
        throw new ArgumentOutOfRangeException(nameof(offsetBytes), offsetBytes, "Beyond the mapping.");

    [LibraryImport("libc", EntryPoint = "mmap")]
    private static partial nint Mmap(nint address, nuint length, int protection, int flags, int descriptor, long offset);

    [LibraryImport("libc", EntryPoint = "munmap")]
    private static partial int Munmap(nint address, nuint length);
}
