using NvmeDoorbell.Pci;

namespace NvmeDoorbell.Tests.Drivers;

/// <summary>The embedder's end of the interrupts: counts vectors, keeps the level of the line.</summary>
internal sealed class RecordedInterrupts : IPciInterrupts
{
    private readonly int[] _vectors = new int[2048];
    private int _level;
    private int _changes;
    private MsixMessage _last;

    public bool IsLineAsserted => Volatile.Read(ref _level) != 0;

    public int LineChanges => Volatile.Read(ref _changes);

    public MsixMessage LastMessage => _last;

    public int Count(int vector) => Volatile.Read(ref _vectors[vector]);

    public void SignalVector(int vector, MsixMessage message)
    {
        _last = message;
        Interlocked.Increment(ref _vectors[vector]);
    }

    public void SetLine(bool asserted)
    {
        Volatile.Write(ref _level, asserted ? 1 : 0);
        Interlocked.Increment(ref _changes);
    }
}
