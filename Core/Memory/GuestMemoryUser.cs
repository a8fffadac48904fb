using System.Runtime.InteropServices;

namespace NvmeDoorbell.Memory;

/// <summary>
/// One thread's use of host addresses of guest memory: the turns of its tasks, which follow one another, and the
/// transfers that outlive a turn. Written by that thread alone, read by removals.
/// </summary>
internal sealed class GuestMemoryUser(GuestMemory memory) : IDisposable
{
    private Words _words;

    /// <summary>The memory that is used.</summary>
    public GuestMemory Memory => memory;

    /// <summary>Counts turns: odd while one is under way.</summary>
    public int Turn => Volatile.Read(ref _words.Turn);

    public bool IsEnteredByCaller =>
        (Turn & 1) != 0 && Volatile.Read(ref _words.Thread) == Environment.CurrentManagedThreadId;

    /// <summary>
    /// A turn begins. A plain store: the removal's process-wide barrier stands for the fence between it and the turn's
    /// look-ups.
    /// </summary>
    public void Enter()
    {
        _words.Thread = Environment.CurrentManagedThreadId;
        Volatile.Write(ref _words.Turn, Turn + 1);
    }

    /// <summary>A turn ends. Release: its accesses to guest memory come before.</summary>
    public void Exit() => Volatile.Write(ref _words.Turn, Turn + 1);

    /// <summary>Whether the turn that was under way when <paramref name="turn"/> was read has ended.</summary>
    public bool HasLeft(int turn) => (turn & 1) == 0 || Turn != turn;

    public int BeginTransfer()
    {
        int epoch = memory.Epoch;
        ref int count = ref Count(epoch);
        Volatile.Write(ref count, Volatile.Read(ref count) + 1);
        return epoch;
    }

    public void EndTransfer(int epoch)
    {
        ref int count = ref Count(epoch);
        Volatile.Write(ref count, Volatile.Read(ref count) - 1);
    }

    public int Transfers(int epoch) => Volatile.Read(ref Count(epoch));

    public void Dispose() => memory.RemoveUser(this);

    private ref int Count(int epoch) => ref epoch == 0 ? ref _words.Transfers0 : ref _words.Transfers1;

    /// <summary>Written every turn: kept 128 bytes away from whatever lies around the object.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    private struct Words
    {
        [FieldOffset(128)] public int Turn;
        [FieldOffset(132)] public int Thread;
        [FieldOffset(136)] public int Transfers0;
        [FieldOffset(140)] public int Transfers1;
    }
}
