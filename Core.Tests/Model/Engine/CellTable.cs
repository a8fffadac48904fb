using System.Runtime.CompilerServices;

namespace NvmeDoorbell.Model.Engine;

/// <summary>
/// The memory cells that the modelled program touches through <c>Volatile</c> and <c>Interlocked</c>: what an address names,
/// who has touched it, and the digest of all contents.
/// </summary>
/// <remarks>
/// <para>
/// Native cells are named by their place in the <see cref="Arena"/>, fields of registered objects by object and offset. Both
/// names hold for all executions, so it can be learnt which cells only one thread touches, or nobody writes once threads run:
/// an access to such a cell commutes with every step of the others and is no point of choice. The first execution that
/// proves the assumption wrong marks the cell shared, and exploration starts over (<see cref="AssumptionBroken"/>).
/// </para>
/// <para>
/// Fields of other objects are named by the thread and the moment that touched them first, and are always shared.
/// </para>
/// </remarks>
internal sealed unsafe class CellTable(Arena arena)
{
    private const int MaxObjects = 64;
    public const int CellsPerObject = 128;
    private const int MaxUnnamed = 256;
    private const int FirstObjectCell = Arena.Granules;
    private const int FirstUnnamed = FirstObjectCell + MaxObjects * CellsPerObject;
    private const int Count = FirstUnnamed + MaxUnnamed;
    private const int LookupBits = 10;

    private readonly Sharing[] _sharing = new Sharing[Count];
    private readonly byte[] _owner = new byte[Count];
    private readonly int[] _writtenIn = new int[Count];
    private readonly ulong[] _tag = new ulong[Count];
    private readonly ulong[] _initial = new ulong[Count];
    private readonly ulong[] _share = new ulong[Count];
    private readonly ulong[] _unnamedId = new ulong[MaxUnnamed];

    private readonly nint[] _lookupAddress = new nint[1 << LookupBits];
    private readonly int[] _lookupCell = new int[1 << LookupBits];
    private readonly int[] _lookupIn = new int[1 << LookupBits];

    private readonly Dictionary<string, int> _objectNumbers = [];
    private readonly (nint Start, nint End, int FirstCell)[] _objects = new (nint, nint, int)[MaxObjects];
    private int _objectCount;
    private int _unnamedCount;
    private int _execution;

    private enum Sharing : byte
    {
        Untouched,
        OneThreadReads,
        OneThreadWrites,
        ManyRead,
        Shared,
    }

    /// <summary>Of everything written by threads: equal contents, equal digest.</summary>
    public ulong Digest { get; private set; }

    /// <summary>A cell taken for private or constant is neither; what has been explored so far does not count.</summary>
    public bool AssumptionBroken { get; set; }

    public void ForgetSharing()
    {
        Array.Clear(_sharing);
        _objectNumbers.Clear();
        AssumptionBroken = false;
    }

    public void BeginExecution()
    {
        _execution++;
        _objectCount = 0;
        _unnamedCount = 0;
        Digest = 0;
    }

    /// <summary>Gives the fields of target a name that is the same in every execution.</summary>
    public void Register(object target, string name)
    {
        if (!_objectNumbers.TryGetValue(name, out int number))
        {
            number = _objectNumbers.Count;
            if (number == MaxObjects)
                throw new InvalidOperationException("Too many named objects.");
            _objectNumbers.Add(name, number);
        }

        // SAFETY: reads the method table's base size, which lies at offset 4 and bounds the object's fields; no object moves
        // during an execution, because nothing is collected.
        nint start = Unsafe.As<object, nint>(ref target);
        int lengthBytes = Math.Min(*(int*)(*(nint*)start + 4), CellsPerObject * Arena.GranuleBytes);
        _objects[_objectCount++] = (start, start + lengthBytes, FirstObjectCell + number * CellsPerObject);
    }

    public int Find(nint address, ModelThread thread)
    {
        if (arena.Contains(address))
            return arena.GranuleOf(address);
        int mask = (1 << LookupBits) - 1;
        for (int index = (int)(address >> 2) & mask; ; index = (index + 1) & mask)
        {
            if (_lookupIn[index] != _execution)
            {
                _lookupIn[index] = _execution;
                _lookupAddress[index] = address;
                return _lookupCell[index] = NameOf(address, thread);
            }

            if (_lookupAddress[index] == address)
                return _lookupCell[index];
        }
    }

    /// <summary>Whether the access may matter to other threads, and so is a point of choice. Learns.</summary>
    public bool IsVisible(int cell, ModelThread thread, bool writes)
    {
        ref Sharing sharing = ref _sharing[cell];
        if (sharing == Sharing.Shared || cell >= FirstUnnamed)
            return true;
        if (thread.IsDynamic)
        {
            AssumptionBroken |= sharing != Sharing.Untouched;
            sharing = Sharing.Shared;
            return true;
        }

        switch (sharing)
        {
            case Sharing.Untouched:
                sharing = writes ? Sharing.OneThreadWrites : Sharing.OneThreadReads;
                _owner[cell] = (byte)thread.Id;
                return false;
            case Sharing.OneThreadReads or Sharing.OneThreadWrites when _owner[cell] == thread.Id:
                if (writes)
                    sharing = Sharing.OneThreadWrites;
                return false;
            case Sharing.OneThreadReads or Sharing.ManyRead when !writes:
                sharing = Sharing.ManyRead;
                return false;
            default:
                sharing = Sharing.Shared;
                AssumptionBroken = true;
                return true;
        }
    }

    /// <summary>
    /// Somebody changes who may touch these cells of the arena: an access to one is a point of choice then, though only one
    /// thread touch it. Learns.
    /// </summary>
    public void Share(int firstCell, int count)
    {
        foreach (ref Sharing sharing in _sharing.AsSpan(firstCell, count))
        {
            AssumptionBroken |= sharing is not (Sharing.Shared or Sharing.Untouched);
            sharing = Sharing.Shared;
        }
    }

    /// <summary>What stands for the cell's content; initial while no thread has written it.</summary>
    public ulong TagOf(int cell, ulong initial) => _writtenIn[cell] == _execution ? _tag[cell] : initial;

    /// <summary>The cell holds what tag stands for; it held what old stands for.</summary>
    public void Write(int cell, ulong tag, ulong old)
    {
        if (_writtenIn[cell] != _execution)
        {
            _writtenIn[cell] = _execution;
            _initial[cell] = old;
            _share[cell] = 0;
        }

        ulong id = cell >= FirstUnnamed ? _unnamedId[cell - FirstUnnamed] : (ulong)cell;
        ulong share = tag == _initial[cell] ? 0 : Hash.Final(Hash.Mix(id, tag));
        Digest ^= _share[cell] ^ share;
        _tag[cell] = tag;
        _share[cell] = share;
    }

    private int NameOf(nint address, ModelThread thread)
    {
        for (int index = 0; index < _objectCount; index++)
        {
            if (address >= _objects[index].Start && address < _objects[index].End)
                return _objects[index].FirstCell + (int)(address - _objects[index].Start) / Arena.GranuleBytes;
        }

        if (_unnamedCount == MaxUnnamed)
            throw new InvalidOperationException("Too many managed cells; register the objects they are in.");
        _unnamedId[_unnamedCount] = Hash.Mix((ulong)thread.Id + 1, thread.History);
        return FirstUnnamed + _unnamedCount++;
    }
}
