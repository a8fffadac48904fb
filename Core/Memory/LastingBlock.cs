using System.Runtime.InteropServices;

namespace NvmeDoorbell.Memory;

/// <summary>
/// Zeroed pages whose addresses stay mapped for as long as the process lives, for memory that a native thread may hold
/// the address of after its owner has gone. <see cref="Retire"/> gives the pages themselves back to the system and
/// leaves zeroes behind; the range of addresses is never handed out again, so a late store can hit nobody.
/// </summary>
/// <remarks>
/// Carved from large blocks, so that a retired one leaves nothing resident, not even an allocator's header. Addresses
/// are not scarce: 47 bits of them outlast a million creations of the largest doorbell memory.
/// </remarks>
internal sealed partial class LastingBlock
{
    private const nuint ArenaBytes = 16 << 20;
    private const int DontNeed = 4;

    private static readonly Lock Gate = new();
    private static nint Next;
    private static nuint LeftBytes;

    private int _retired;

    /// <param name="lengthBytes">Rounded up to whole pages.</param>
    public LastingBlock(nuint lengthBytes)
    {
        LengthBytes = lengthBytes + (GuestMemory.PageBytes - 1) & ~(nuint)(GuestMemory.PageBytes - 1);
        Address = Carve(LengthBytes);
        Clear();
    }

    public nint Address { get; }

    public nuint LengthBytes { get; }

    /// <summary>Gives the pages back, once; the addresses read zero from now on.</summary>
    public void Retire()
    {
        if (Interlocked.Exchange(ref _retired, 1) != 0)
            return;
        if (!OperatingSystem.IsLinux() || Advise(Address, LengthBytes, DontNeed) != 0)
            Clear();
    }

    private static nint Carve(nuint lengthBytes)
    {
        lock (Gate)
        {
            if (lengthBytes > ArenaBytes / 4)
                return new NativeBlock(lengthBytes, GuestMemory.PageBytes, zeroed: false, isLasting: true).Address;
            if (lengthBytes > LeftBytes)
            {
                Next = new NativeBlock(ArenaBytes, GuestMemory.PageBytes, zeroed: false, isLasting: true).Address;
                LeftBytes = ArenaBytes;
            }
            nint address = Next;
            Next += (nint)lengthBytes;
            LeftBytes -= lengthBytes;
            return address;
        }
    }

    private unsafe void Clear()
    {
        // SAFETY: the range was carved for this block alone and is never unmapped.
        NativeMemory.Clear((void*)Address, LengthBytes);
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(nint address, nuint lengthBytes, int advice);
}
