using NvmeDoorbell.Memory;

namespace NvmeDoorbell.Doorbells;

/// <summary>
/// Native cells of one kind that are reused but never unmapped: a thread that still holds the address of a freed cell
/// reads and writes a cell of the same kind, which every protocol here survives as a spurious wake.
/// </summary>
// SAFETY: addresses stay inside a block of as many cells as are handed out.
internal sealed unsafe class CellPool(int cellBytes)
{
    private const int CellsPerBlock = 64;

    private readonly Lock _gate = new();
    private readonly Stack<nint> _free = new();
    private readonly List<NativeBlock> _blocks = [];

    public nint Rent()
    {
        lock (_gate)
        {
            if (_free.Count == 0) Grow();
            return _free.Pop();
        }
    }

    /// <summary>Gives a cell back as it is: its words go on from where they are, so that stale comparisons fail.</summary>
    public void Return(nint cell)
    {
        lock (_gate) _free.Push(cell);
    }

    private void Grow()
    {
        var block = new NativeBlock((nuint)(cellBytes * CellsPerBlock), alignmentBytes: 128, isLasting: true);
        _blocks.Add(block);
        for (int i = CellsPerBlock - 1; i >= 0; i--) _free.Push(block.Address + i * cellBytes);
    }
}
