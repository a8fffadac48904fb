using System.Runtime.InteropServices;

namespace NvmeDoorbell.Tests;

/// <summary>Anonymous mappings of the system's own, which end the process when touched after they are gone.</summary>
internal static partial class Pages
{
    private const int ReadWrite = 3;
    private const int PrivateAnonymous = 0x22;

    public static nint Map(nuint lengthBytes)
    {
        nint address = Mmap(0, lengthBytes, ReadWrite, PrivateAnonymous, -1, 0);
        Assert.That(address, Is.GreaterThan((nint)0));
        return address;
    }

    public static void Unmap(nint address, nuint lengthBytes) => Assert.That(Munmap(address, lengthBytes), Is.Zero);

    [LibraryImport("libc", EntryPoint = "mmap")]
    private static partial nint Mmap(nint address, nuint lengthBytes, int protection, int flags, int file, nint offset);

    [LibraryImport("libc", EntryPoint = "munmap")]
    private static partial int Munmap(nint address, nuint lengthBytes);
}
