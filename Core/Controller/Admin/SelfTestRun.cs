using System.Diagnostics.CodeAnalysis;
using NvmeDoorbell.Spec;
using NvmeDoorbell.Storage;

namespace NvmeDoorbell.Controller;

/// <summary>
/// A self-test under way: first its own memory, then reads of the namespaces that it is about, one after the other. On
/// the admin task's turn, a step each.
/// </summary>
/// <param name="code">Short or extended.</param>
/// <param name="namespaceId">The NSID of the command.</param>
/// <param name="targets">The namespaces; none: the controller alone.</param>
[SuppressMessage("Design", "CA1001", Justification = "Its owner frees it, when no read is under way.")]
internal sealed class SelfTestRun(SelfTestCode code, uint namespaceId, Namespace[] targets)
{
    /// <summary>Reads of a namespace, spread evenly from its first to its last bytes, in a short test.</summary>
    public const int ShortReads = 64;

    /// <summary>The same in an extended test: all of a namespace up to 4 GiB.</summary>
    public const int ExtendedReads = 65536;

    private readonly SelfTestRead _read = new();
    private int _target;
    private ulong _index;

    public SelfTestCode Code { get; } = code;

    public uint NamespaceId { get; } = namespaceId;

    /// <summary>Its end has been logged; a read may still be under way.</summary>
    public bool IsOver { get; set; }

    /// <summary>A disk has its read.</summary>
    public bool IsReading { get; private set; }

    /// <summary>The namespace that is read now; null: all have been.</summary>
    public Namespace? Current => _target < targets.Length ? targets[_target] : null;

    /// <summary>The first block of the read under way, or of the next.</summary>
    public ulong CurrentBlock { get; private set; }

    /// <summary>What it is about, by identifier; and how many of those, and reads of the next, are done.</summary>
    public (uint[] Targets, int Done, ulong Reads) Position
    {
        get => (Array.ConvertAll(targets, target => target?.Id ?? NamespaceIds.None), _target, _index);
        init => (_target, _index) = (value.Done, value.Reads);
    }

    /// <summary>How much of it is done, 0 to 99.</summary>
    public int Percent
    {
        get
        {
            if (targets.Length == 0 || Current is not { } current)
                return 0;
            ulong reads = GetReads(current);
            return (int)Math.Min(99, (100ul * (ulong)_target + 100ul * _index / reads) / (ulong)targets.Length);
        }
    }

    /// <summary>The test of its own memory, which comes before the first read.</summary>
    public bool TestMemory() => _target != 0 || _index != 0 || _read.TestMemory();

    /// <summary>Whether a namespace is among what is still to be read.</summary>
    public bool Uses(uint nsid) => Array.FindIndex(targets, _target, target => target.Id == nsid) >= 0;

    /// <summary>Starts the next read.</summary>
    /// <param name="target">The namespace, as it is now.</param>
    /// <param name="done">Called with the disk's answer, on any thread, also before this returns.</param>
    public void ReadNext(Namespace target, Action<DiskStatus> done)
    {
        targets[_target] = target;
        ulong lengthBytes = target.BlockCount << target.BlockShift;
        ulong chunks = GetChunks(target);
        ulong reads = GetReads(target);
        // The last read is the last chunk, whatever the division leaves over, and however short the disk has become.
        ulong chunk = reads == 1 ? 0 : (ulong)((UInt128)_index * (chunks - 1) / (reads - 1));
        chunk = Math.Min(chunk, chunks - 1);
        ulong offset = chunk * SelfTestRead.LengthLimitBytes;
        CurrentBlock = offset >> target.BlockShift;
        IsReading = true;
        _read.Start(
            target.Disk, offset, (int)Math.Min(SelfTestRead.LengthLimitBytes, lengthBytes - offset), done);
    }

    /// <summary>The read has been answered.</summary>
    public void OnRead()
    {
        IsReading = false;
        if (++_index < GetReads(targets[_target]))
            return;
        _index = 0;
        _target++;
    }

    /// <summary>Gives its memory back. No read is under way.</summary>
    public void Free() => _read.Free();

    private static ulong GetChunks(Namespace target) =>
        ((target.BlockCount << target.BlockShift) + SelfTestRead.LengthLimitBytes - 1) / SelfTestRead.LengthLimitBytes;

    private ulong GetReads(Namespace target) =>
        Math.Min(GetChunks(target), Code == SelfTestCode.ShortTest ? (ulong)ShortReads : ExtendedReads);
}
