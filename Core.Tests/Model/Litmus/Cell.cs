using System.Runtime.CompilerServices;
using NvmeDoorbell.Model.Engine;
using NvmeDoorbell.Model.Shims;

namespace NvmeDoorbell.Model.Litmus;

/// <summary>One 32-bit cell on a line of its own, used through the same aliases as the shipped sources.</summary>
internal readonly unsafe struct Cell
{
    private readonly uint* _cell;

    public Cell(World world, string name, uint initial = 0)
    {
        // SAFETY: the arena lives as long as the process; only the execution that made the cell uses it.
        _cell = (uint*)world.Allocate(sizeof(uint), sizeof(uint));
        *_cell = initial;
        world.Name(Address, name);
    }

    public nint Address => (nint)_cell;

    public uint Load([CallerFilePath] string file = "", [CallerLineNumber] int line = 0) => Volatile.Read(ref *_cell, file, line);

    public void Store(uint value, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Volatile.Write(ref *_cell, value, file, line);

    public void StoreRelaxed(uint value, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        ModelRelaxed.Write(ref *_cell, value, file, line);

    public uint Exchange(uint value, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Interlocked.Exchange(ref *_cell, value, file, line);

    public uint CompareExchange(uint value, uint comparand, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Interlocked.CompareExchange(ref *_cell, value, comparand, file, line);
}
