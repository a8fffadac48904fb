using System.ComponentModel;
using System.Runtime.InteropServices;

namespace NvmeDoorbell.Tests.Fuzz;

/// <summary>
/// Memory between two stretches that nobody may touch: an access beyond either end, or to memory that has been
/// withdrawn, ends the process.
/// </summary>
internal sealed partial class GuardedPages : IDisposable
{
    private const int None = 0;
    private const int ReadWrite = 3;
    private const int PrivateAnonymous = 0x22;
    private const nuint GuardBytes = 1 << 20;

    private readonly nint _mapping;
    private readonly nuint _mappingBytes;

    public GuardedPages(nuint lengthBytes)
    {
        LengthBytes = lengthBytes;
        _mappingBytes = lengthBytes + 2 * GuardBytes;
        _mapping = Mmap(0, _mappingBytes, None, PrivateAnonymous, -1, 0);
        if (_mapping == -1)
            throw new Win32Exception();
        Return();
    }

    public nint Address => _mapping + (nint)GuardBytes;

    public nuint LengthBytes { get; }

    public unsafe Span<byte> Span => new((void*)Address, (int)LengthBytes);

    /// <summary>Nobody may touch it any more. What is in it stays.</summary>
    public void Withdraw() => Protect(None);

    /// <summary>It may be touched again.</summary>
    public void Return() => Protect(ReadWrite);

    public void Dispose() => _ = Munmap(_mapping, _mappingBytes);

    private void Protect(int protection)
    {
        if (Mprotect(Address, LengthBytes, protection) != 0)
            throw new Win32Exception();
    }

    [LibraryImport("libc", EntryPoint = "mmap", SetLastError = true)]
    private static partial nint Mmap(nint address, nuint lengthBytes, int protection, int flags, int file, nint offset);

    [LibraryImport("libc", EntryPoint = "mprotect", SetLastError = true)]
    private static partial int Mprotect(nint address, nuint lengthBytes, int protection);

    [LibraryImport("libc", EntryPoint = "munmap")]
    private static partial int Munmap(nint address, nuint lengthBytes);
}
