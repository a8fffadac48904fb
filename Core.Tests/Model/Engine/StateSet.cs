using HostMemory = System.Runtime.InteropServices.NativeMemory;

namespace NvmeDoorbell.Model.Engine;

/// <summary>
/// The keys of the states seen so far. In native memory, so that it may grow while fibers exist without a collection.
/// </summary>
internal sealed unsafe class StateSet : IDisposable
{
    private ulong* _keys;
    private int _bits;
    private long _count;

    public StateSet() => Allocate(16);

    public long Count => _count;

    /// <summary>False when key was there already.</summary>
    public bool Add(ulong key)
    {
        if (key == 0)
            key = 1;
        if (_count * 3 > 2L << _bits)
            Grow();
        if (!Insert(key))
            return false;
        _count++;
        return true;
    }

    public void Clear()
    {
        _count = 0;
        HostMemory.Clear(_keys, (nuint)sizeof(ulong) << _bits);
    }

    public void Dispose()
    {
        HostMemory.Free(_keys);
        _keys = null;
    }

    private bool Insert(ulong key)
    {
        // SAFETY: the index is masked to the table, which always has a free place.
        ulong mask = (1UL << _bits) - 1;
        for (ulong index = key & mask; ; index = (index + 1) & mask)
        {
            if (_keys[index] == key)
                return false;
            if (_keys[index] != 0)
                continue;
            _keys[index] = key;
            return true;
        }
    }

    private void Allocate(int bits)
    {
        _bits = bits;
        _keys = (ulong*)HostMemory.AllocZeroed((nuint)1 << bits, sizeof(ulong));
    }

    private void Grow()
    {
        ulong* old = _keys;
        long length = 1L << _bits;
        Allocate(_bits + 1);
        for (long index = 0; index < length; index++)
        {
            if (old[index] != 0)
                Insert(old[index]);
        }

        HostMemory.Free(old);
    }
}
