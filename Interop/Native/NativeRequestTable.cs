using NvmeDoorbell.Storage;

namespace NvmeDoorbell.Interop.Native;

/// <summary>
/// The requests that native disks hold, by the token that was given with each: generation (40 bits), index (24 bits).
/// A token is good once: the first to claim it gets the request, everybody later and every made-up token gets nothing.
/// </summary>
/// <remarks>
/// Any number of threads. No lock and, once the table has grown to the most requests ever under way, no allocation.
/// <code>
///   free --Add--> word = generation, in flight --TryClaim (CompareExchange)--> claimer's own --> free, next generation
/// </code>
/// Between the claim and the push on the free list the slot's fields belong to the claimer alone: they are read after the
/// CompareExchange, never before it.
/// </remarks>
internal sealed class NativeRequestTable
{
    private const int IndexBits = 24;
    private const int IndexMask = (1 << IndexBits) - 1;
    private const int ChunkShift = 8;
    private const int ChunkLength = 1 << ChunkShift;
    private const ulong InFlight = 1;

    /// <summary>The table of the process: a token stands alone, without the controller it came from.</summary>
    public static readonly NativeRequestTable Shared = new();

    private readonly Lock _growth = new();
    private Slot[][] _chunks = [];
    // Top of the free list: index + 1 in the low half, 0 for none; in the high half a count that makes every value of
    // the word a new one, so that a pop that was overtaken by a pop and a push of the same slot fails.
    private ulong _free;

    /// <summary>Takes a request in and makes the token for it.</summary>
    public ulong Add(NativeRequest request)
    {
        int index = Pop();
        Slot slot = SlotAt(index);
        ulong generation = (slot.Word >> 1) + 1;
        slot.Request = request;
        // Release: a claimer on another thread sees the fields.
        Volatile.Write(ref slot.Word, generation << 1 | InFlight);
        return generation << IndexBits | (uint)index;
    }

    /// <summary>Takes the request of the token out, once.</summary>
    public bool TryClaim(ulong token, out NativeRequest request)
    {
        request = default;
        int index = (int)(token & IndexMask);
        if (index >> ChunkShift >= Volatile.Read(ref _chunks).Length)
            return false;
        Slot slot = SlotAt(index);
        ulong inFlight = token >> IndexBits << 1 | InFlight;
        if (Interlocked.CompareExchange(ref slot.Word, inFlight & ~InFlight, inFlight) != inFlight)
            return false;
        request = slot.Request;
        slot.Request = default;
        Push(index, slot);
        return true;
    }

    /// <summary>
    /// The token of a submission that a native disk holds. For who knows that the request is not submitted anew meanwhile;
    /// the disk may complete it at any time.
    /// </summary>
    public bool TryFind(DiskRequest request, ulong requestToken, out ulong token)
    {
        Slot[][] chunks = Volatile.Read(ref _chunks);
        for (int index = 0; index < chunks.Length << ChunkShift; index++)
        {
            Slot slot = chunks[index >> ChunkShift][index & (ChunkLength - 1)];
            ulong word = Volatile.Read(ref slot.Word);
            if ((word & InFlight) == 0)
                continue;
            NativeRequest found = slot.Request;
            // The fields are one request's if the word is the same before and after: who changes them has it changed.
            Interlocked.MemoryBarrier();
            if (Volatile.Read(ref slot.Word) != word || found.Request != request || found.RequestToken != requestToken)
                continue;
            token = word >> 1 << IndexBits | (uint)index;
            return true;
        }
        token = 0;
        return false;
    }

    private Slot SlotAt(int index) => Volatile.Read(ref _chunks)[index >> ChunkShift][index & (ChunkLength - 1)];

    private int Pop()
    {
        while (true)
        {
            ulong head = Volatile.Read(ref _free);
            int index = (int)(uint)head - 1;
            if (index < 0)
            {
                Grow();
                continue;
            }

            ulong next = Volatile.Read(ref SlotAt(index).Next);
            if (Interlocked.CompareExchange(ref _free, NextTag(head) | next, head) == head)
                return index;
        }
    }

    private void Push(int index, Slot slot)
    {
        while (true)
        {
            ulong head = Volatile.Read(ref _free);
            Volatile.Write(ref slot.Next, (uint)head);
            if (Interlocked.CompareExchange(ref _free, NextTag(head) | (uint)(index + 1), head) == head)
                return;
        }
    }

    private static ulong NextTag(ulong head) => ((head >> 32) + 1) << 32;

    private void Grow()
    {
        lock (_growth)
        {
            if ((uint)Volatile.Read(ref _free) != 0)
                return;
            Slot[][] chunks = _chunks;
            int first = chunks.Length << ChunkShift;
            if (first > IndexMask)
                throw new InsufficientMemoryException("More requests are under way than a token can number.");
            Array.Resize(ref chunks, chunks.Length + 1);
            chunks[^1] = new Slot[ChunkLength];
            for (int i = 0; i < ChunkLength; i++)
                chunks[^1][i] = new Slot();
            // Release: whoever pops one of the new indices finds its slot.
            Volatile.Write(ref _chunks, chunks);
            for (int i = 0; i < ChunkLength; i++)
                Push(first + i, chunks[^1][i]);
        }
    }

    private sealed class Slot
    {
        /// <summary>Generation in bits 63..1; bit 0 set while the request is the disk's.</summary>
        public ulong Word;

        /// <summary>The next free slot's index + 1; 0: none.</summary>
        public ulong Next;

        public NativeRequest Request;
    }
}
