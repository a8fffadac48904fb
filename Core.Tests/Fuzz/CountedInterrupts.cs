using NvmeDoorbell.Pci;

namespace NvmeDoorbell.Tests.Fuzz;

/// <summary>The embedder's end of the interrupts: counts them.</summary>
internal sealed class CountedInterrupts : IPciInterrupts
{
    private readonly int[] _counts = new int[64];

    public int Count(int vector) => Volatile.Read(ref _counts[vector]);

    public void SignalVector(int vector, MsixMessage message) => Interlocked.Increment(ref _counts[vector]);

    public void SetLine(bool asserted)
    {
    }
}
