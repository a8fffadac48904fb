using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;
using NvmeDoorbell.Memory;

namespace NvmeDoorbell.Storage;

/// <summary>
/// The two rings that Linux shares with one thread: entries go in, completions come out, and one call does both and
/// waits. The thread that makes it is the only one that uses it.
/// </summary>
/// <remarks>
/// Each ring is written by one side: we own the submission tail and the completion head, the kernel the other two. A
/// release store of ours pairs with an acquire load of the kernel's and the other way round.
/// </remarks>
[SupportedOSPlatform("linux")]
internal sealed partial class IoUring : IDisposable
{
    private const int SetupCall = 425; // the same number on every architecture
    private const int EnterCall = 426;
    private const uint SingleIssuer = 1 << 12;
    private const uint DeferTaskRun = 1 << 13;
    private const uint GetEvents = 1;

    // IORING_FEAT_SINGLE_MMAP: both rings in one mapping. NODROP: completions beyond the ring's length are kept.
    // RW_CUR_POS came with the operations without segments (Linux 5.6).
    private const uint NeededFeatures = 0b1011;
    private const long RingsOffset = 0;
    private const long EntriesOffset = 0x10000000;

    private readonly SafeFileHandle _handle;
    private readonly int _descriptor;
    private readonly MappedMemory _rings;
    private readonly MappedMemory _entries;
    private readonly IoUringParameters _layout;
    private readonly uint _submissionMask;
    private readonly uint _completionMask;
    private uint _submissionTail;
    private uint _completionHead;

    private IoUring(SafeFileHandle handle, in IoUringParameters layout, MappedMemory rings, MappedMemory entries)
    {
        (_handle, _layout, _rings, _entries) = (handle, layout, rings, entries);
        _descriptor = (int)handle.DangerousGetHandle(); // one thread makes, uses and closes it
        _submissionMask = layout.SubmissionEntries - 1;
        _completionMask = layout.CompletionEntries - 1;
        // The kernel finds entries through a table of indices: ours is the identity.
        for (uint i = 0; i < layout.SubmissionEntries; i++)
            _rings.At<uint>(layout.Submission.Array + (i * sizeof(uint))) = i;
    }

    /// <summary>Entries that have been prepared and that the kernel has not taken.</summary>
    public uint Prepared => _submissionTail - Volatile.Read(ref _rings.At<uint>(_layout.Submission.Head));

    /// <summary>Makes rings, or gives null: this kernel has none, forbids them, or lacks what is needed.</summary>
    /// <param name="entries">Submission entries, a power of two; completions have twice the room.</param>
    public static IoUring? TryCreate(uint entries)
    {
        // With one issuer whose completions wait for it to ask, nothing interrupts it; Linux before 6.1 knows neither.
        int descriptor = Setup(entries, SingleIssuer | DeferTaskRun, out IoUringParameters layout);
        if (descriptor < 0)
            descriptor = Setup(entries, 0, out layout);
        if (descriptor < 0)
            return null;
        var handle = new SafeFileHandle(descriptor, ownsHandle: true);
        MappedMemory? rings = null;
        if ((layout.Features & NeededFeatures) == NeededFeatures)
        {
            nuint submissionBytes = layout.Submission.Array + (layout.SubmissionEntries * sizeof(uint));
            nuint completionBytes = layout.Completion.Entries
                + (layout.CompletionEntries * (nuint)Unsafe.SizeOf<IoUringCompletion>());
            nuint entriesBytes = layout.SubmissionEntries * (nuint)Unsafe.SizeOf<IoUringEntry>();
            rings = MappedMemory.TryMap(descriptor, RingsOffset, nuint.Max(submissionBytes, completionBytes));
            if (rings is not null && MappedMemory.TryMap(descriptor, EntriesOffset, entriesBytes) is { } mapped)
                return new IoUring(handle, in layout, rings, mapped);
        }
        rings?.Dispose();
        handle.Dispose();
        return null;
    }

    /// <summary>Prepares the next entry, which the next <see cref="Enter"/> submits. The caller keeps no more under way than there are entries.</summary>
    public void Prepare(in IoUringEntry entry)
    {
        _entries.At<IoUringEntry>((_submissionTail & _submissionMask) * (nuint)Unsafe.SizeOf<IoUringEntry>()) = entry;
        _submissionTail++;
    }

    /// <summary>Takes the last prepared entry back, if the kernel has not taken it.</summary>
    public bool TryTakeBack(out ulong tag)
    {
        tag = 0;
        if (Prepared == 0)
            return false;
        _submissionTail--;
        nuint index = _submissionTail & _submissionMask;
        tag = _entries.At<IoUringEntry>(index * (nuint)Unsafe.SizeOf<IoUringEntry>()).Tag;
        Volatile.Write(ref _rings.At<uint>(_layout.Submission.Tail), _submissionTail);
        return true;
    }

    /// <summary>Submits what is prepared, and waits for so many completions.</summary>
    /// <returns>Entries that the kernel has taken, or the negative of an error.</returns>
    public long Enter(uint completions)
    {
        // Release: the kernel that sees the tail sees the entries.
        Volatile.Write(ref _rings.At<uint>(_layout.Submission.Tail), _submissionTail);
        nint result = Syscall(EnterCall, _descriptor, (nint)Prepared, (nint)completions, (nint)GetEvents, 0, 0);
        return result >= 0 ? result : -(long)Marshal.GetLastPInvokeError();
    }

    /// <summary>Takes the next completion, if there is one.</summary>
    public bool TryTake(out IoUringCompletion completion)
    {
        // Acquire: with the tail, the completions before it.
        if (Volatile.Read(ref _rings.At<uint>(_layout.Completion.Tail)) == _completionHead)
        {
            completion = default;
            return false;
        }
        nuint index = _completionHead & _completionMask;
        completion = _rings.At<IoUringCompletion>(
            _layout.Completion.Entries + (index * (nuint)Unsafe.SizeOf<IoUringCompletion>()));
        // Release: the entry has been copied before the kernel may write over it.
        Volatile.Write(ref _rings.At<uint>(_layout.Completion.Head), ++_completionHead);
        return true;
    }

    public void Dispose()
    {
        _rings.Dispose();
        _entries.Dispose();
        _handle.Dispose();
    }

    private static int Setup(uint entries, uint flags, out IoUringParameters layout)
    {
        layout = new IoUringParameters { Flags = flags };
        return (int)Syscall(SetupCall, (nint)entries, ref layout);
    }

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial nint Syscall(nint number, nint entries, ref IoUringParameters layout);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial nint Syscall(
        nint number, nint descriptor, nint submit, nint completions, nint flags, nint signals, nint signalsBytes);
}
