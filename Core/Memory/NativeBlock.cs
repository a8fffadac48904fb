using System.Runtime.InteropServices;

namespace NvmeDoorbell.Memory;

/// <summary>
/// A block of native memory at a fixed address, zeroed unless told otherwise: the only owner of
/// <see cref="NativeMemory"/> here. It has no finalizer: what is not disposed stays mapped, because a native thread may still write to it.
/// </summary>
internal sealed partial class NativeBlock : IDisposable
{
    private const byte FreedByte = 0xDB;
    private const int DontNeed = 4; // MADV_DONTNEED

    /// <summary>
    /// Set by the fuzzing harness: freed memory is overwritten, so that a late reader finds something it cannot take for
    /// its own, and blocks are counted.
    /// </summary>
    private static readonly bool IsWatched = AppContext.TryGetSwitch("NvmeDoorbell.Memory.Watch", out bool isOn) && isOn;

    private static int Live;

    private readonly nint _allocation;
    private nint _address;

    /// <exception cref="ArgumentOutOfRangeException">A length of zero, or an alignment that is no power of two.</exception>
    /// <exception cref="OutOfMemoryException">The system has no such block.</exception>
    public NativeBlock(nuint lengthBytes, nuint alignmentBytes = 128, bool zeroed = true, bool isLasting = false)
    {
        ArgumentOutOfRangeException.ThrowIfZero(lengthBytes);
        if (!System.Numerics.BitOperations.IsPow2(alignmentBytes))
            throw new ArgumentOutOfRangeException(nameof(alignmentBytes), alignmentBytes, "Not a power of two.");
        LengthBytes = lengthBytes;
        unsafe
        {
            // SAFETY: the allocation is longer than the block by the alignment, so the aligned block lies inside it. It
            // is calloc's, not cleared by hand: the system maps the pages of a large block when they are first touched.
            nuint allocation = (nuint)NativeMemory.AllocZeroed(checked(lengthBytes + alignmentBytes));
            _allocation = (nint)allocation;
            _address = (nint)((allocation + alignmentBytes - 1) & ~(alignmentBytes - 1));
        }
        if (IsWatched && !isLasting)
            Interlocked.Increment(ref Live);
    }

    /// <summary>Address of the first byte; 0 once disposed.</summary>
    public nint Address => _address;

    public nuint LengthBytes { get; }

    /// <summary>
    /// Blocks that have not been given back, but for those that are to stay for as long as the process lives; 0 where
    /// blocks are not counted.
    /// </summary>
    public static int LiveCount => Volatile.Read(ref Live);

    /// <exception cref="ObjectDisposedException">The block has been given back.</exception>
    /// <exception cref="OverflowException">The block is longer than <see cref="int.MaxValue"/> bytes.</exception>
    public Span<byte> Span
    {
        get
        {
            ObjectDisposedException.ThrowIf(_address == 0, this);
            int length = checked((int)LengthBytes);
            unsafe
            {
                // SAFETY: the block is alive and this long.
                return new Span<byte>((void*)_address, length);
            }
        }
    }

    /// <summary>
    /// Makes a range zeroes and gives its whole pages back to the system, which maps new ones when they are touched.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The range is not inside the block.</exception>
    public unsafe void Discard(nuint offsetBytes, nuint lengthBytes)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(lengthBytes, LengthBytes);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offsetBytes, LengthBytes - lengthBytes);
        const nuint Mask = GuestMemory.PageBytes - 1;
        nuint start = (nuint)_address + offsetBytes;
        nuint end = start + lengthBytes;
        nuint firstPage = (start + Mask) & ~Mask;
        nuint lastPage = end & ~Mask;
        // SAFETY: the range is inside the block. The pages are the allocator's anonymous ones, which the system fills
        // with zeroes when they come back; none of them holds anything beside the block.
        if (firstPage >= lastPage || !OperatingSystem.IsLinux()
            || Advise((nint)firstPage, lastPage - firstPage, DontNeed) != 0)
        {
            NativeMemory.Clear((void*)start, lengthBytes);
            return;
        }
        NativeMemory.Clear((void*)start, firstPage - start);
        NativeMemory.Clear((void*)lastPage, end - lastPage);
    }

    /// <summary>Gives the memory back, once. Nothing may use the address any more.</summary>
    public void Dispose()
    {
        nint address = Interlocked.Exchange(ref _address, 0);
        if (address == 0)
            return;
        if (IsWatched)
            Interlocked.Decrement(ref Live);
        unsafe
        {
            // SAFETY: the exchange lets one caller pass, so the allocation is freed once, and is this one's until then.
            if (IsWatched)
                NativeMemory.Fill((void*)address, LengthBytes, FreedByte);
            NativeMemory.Free((void*)_allocation);
        }
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(nint address, nuint lengthBytes, int advice);
}
