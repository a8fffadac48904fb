namespace NvmeDoorbell.Interop.Native;

/// <summary>
/// From 64-bit handles to objects. A handle is kind (8 bits), generation (32 bits), index (24 bits); all of it is
/// compared, so a handle that is null, freed, made up or of another kind finds nothing. Look-ups take no lock and
/// allocate nothing; adding and removing take one.
/// </summary>
internal sealed class HandleTable
{
    private const int KindShift = 56;
    private const int GenerationShift = 24;
    private const int IndexMask = (1 << GenerationShift) - 1;
    private const int ChunkShift = 8;
    private const int ChunkLength = 1 << ChunkShift;

    /// <summary>The table of the process: handles mean the same to every thread.</summary>
    public static readonly HandleTable Shared = new();

    private readonly Lock _lock = new();
    // First in, first out: an index rests as long as it can before a new generation of it is given out.
    private readonly Queue<int> _free = new();
    // Chunks never move; the outer array is replaced as a whole, so a reader sees an old one or a new one.
    private NativeObject?[][] _chunks = [];
    private uint[] _generations = [];
    private int _count;

    /// <summary>Objects in the table now.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
                return _count;
        }
    }

    /// <summary>Gives the object a handle that no object had before.</summary>
    /// <exception cref="InsufficientMemoryException">16,777,216 objects are there.</exception>
    public ulong Add(HandleKind kind, NativeObject value)
    {
        lock (_lock)
        {
            if (!_free.TryDequeue(out var index))
            {
                Grow();
                index = _free.Dequeue();
            }

            var generation = ++_generations[index];
            value.Handle = (ulong)kind << KindShift | (ulong)generation << GenerationShift | (uint)index;
            _count++;
            // Release: whoever finds the object finds it complete, its handle too.
            Volatile.Write(ref _chunks[index >> ChunkShift][index & (ChunkLength - 1)], value);
            return value.Handle;
        }
    }

    /// <summary>The object of the handle, not entered; null if there is none of that kind.</summary>
    public NativeObject? Find(ulong handle, HandleKind kind)
    {
        var index = (int)(handle & IndexMask);
        var chunks = Volatile.Read(ref _chunks);
        if ((byte)(handle >> KindShift) != (byte)kind || index >> ChunkShift >= chunks.Length)
            return null;
        var value = Volatile.Read(ref chunks[index >> ChunkShift][index & (ChunkLength - 1)]);
        return value is not null && value.Handle == handle ? value : null;
    }

    /// <summary>What a call says whose handle finds nothing.</summary>
    public static int SetNotFound() =>
        LastError.Set(Status.Handle, "The handle is null, freed, or of another kind.");

    /// <summary>Enters the object of the handle for the length of a call.</summary>
    public HandleUse<T> Enter<T>(ulong handle, HandleKind kind)
        where T : NativeObject
    {
        var value = Find(handle, kind);
        if (value is null)
            return new HandleUse<T>(null, SetNotFound());
        var status = value.Enter();
        return status switch
        {
            Status.Ok => new HandleUse<T>((T)value, Status.Ok),
            Status.Closed => new HandleUse<T>(null, LastError.Set(status, "The object is being freed.")),
            _ => new HandleUse<T>(null, LastError.Set(status, "The handle has been freed.")),
        };
    }

    /// <summary>Frees the object of the handle: afterwards the handle finds nothing.</summary>
    public int Free(ulong handle, HandleKind kind)
    {
        var value = Find(handle, kind);
        if (value is null)
            return SetNotFound();
        var status = value.Free();
        if (status == Status.Ok)
            Remove(handle);
        return status;
    }

    private void Remove(ulong handle)
    {
        var index = (int)(handle & IndexMask);
        lock (_lock)
        {
            Volatile.Write(ref _chunks[index >> ChunkShift][index & (ChunkLength - 1)], null);
            _count--;
            _free.Enqueue(index);
        }
    }

    private void Grow()
    {
        var chunks = _chunks;
        var first = chunks.Length << ChunkShift;
        if (first > IndexMask)
            throw new InsufficientMemoryException();
        Array.Resize(ref _generations, first + ChunkLength);
        Array.Resize(ref chunks, chunks.Length + 1);
        chunks[^1] = new NativeObject?[ChunkLength];
        // Release: a reader that sees the longer array sees the new chunk in it.
        Volatile.Write(ref _chunks, chunks);
        for (var i = 0; i < ChunkLength; i++)
            _free.Enqueue(first + i);
    }
}
