namespace NvmeDoorbell.Controller;

/// <summary>
/// Takes the completion queues' interrupts to the sink: as vectors, or as the level of the pin with INTMS applied.
/// </summary>
internal sealed class InterruptRouter
{
    // One cell of 8 longs a vector, so that reactors that raise different vectors do not share a cache line.
    private const int CellLongs = 8;

    private readonly IInterruptSink? _sink;
    private readonly long[] _raised;
    private readonly int[] _unseen;
    private readonly LevelOutput _pin;
    private uint _mask;

    public InterruptRouter(IInterruptSink? sink, int vectors)
    {
        _sink = sink;
        Vectors = vectors;
        Coalescing = new InterruptCoalescing(vectors);
        _raised = new long[vectors * CellLongs];
        _unseen = new int[vectors];
        _pin = new LevelOutput(ComputePin, asserted => sink?.SetPin(asserted));
    }

    /// <summary>How many vectors there are.</summary>
    public int Vectors { get; }

    /// <summary>Whether and how long vectors are held back.</summary>
    public InterruptCoalescing Coalescing { get; }

    /// <summary>Interrupts go to the pin. Queue tasks then report their queue's level and follow its head.</summary>
    public bool UsesPin => _sink is { UsesPin: true };

    /// <summary>INTMS as read: the masked vectors of the pin.</summary>
    public uint Mask => Volatile.Read(ref _mask);

    /// <summary>Interrupts raised since creation, pin and vectors together.</summary>
    public ulong Raised
    {
        get
        {
            ulong sum = 0;
            for (int vector = 0; vector < Vectors; vector++)
                sum += (ulong)Volatile.Read(ref _raised[vector * CellLongs]);
            return sum;
        }
    }

    /// <summary>A write to INTMS.</summary>
    public void SetMask(uint vectors)
    {
        Interlocked.Or(ref _mask, vectors);
        _pin.Update();
    }

    /// <summary>A write to INTMC.</summary>
    public void ClearMask(uint vectors)
    {
        Interlocked.And(ref _mask, ~vectors);
        _pin.Update();
    }

    /// <summary>The sink's <see cref="IInterruptSink.UsesPin"/> may have changed.</summary>
    public void OnModeChanged() => _pin.Update();

    /// <summary>Raises a vector.</summary>
    public void Raise(int vector)
    {
        Interlocked.Increment(ref _raised[vector * CellLongs]);
        _sink?.Raise(vector);
    }

    /// <summary>A queue of <paramref name="vector"/> has got unseen entries, or has none any more.</summary>
    public void SetUnseen(int vector, bool hasUnseen)
    {
        if (hasUnseen)
        {
            Interlocked.Increment(ref _raised[vector * CellLongs]);
            Interlocked.Increment(ref _unseen[vector]);
        }
        else
        {
            Interlocked.Decrement(ref _unseen[vector]);
        }
        _pin.Update();
    }

    private bool ComputePin()
    {
        if (!UsesPin)
            return false;
        uint mask = Mask;
        for (int vector = 0; vector < Vectors; vector++)
        {
            if (Volatile.Read(ref _unseen[vector]) != 0 && (vector >= 32 || (mask >> vector & 1) == 0))
                return true;
        }
        return false;
    }
}
