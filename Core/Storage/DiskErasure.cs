using System.Runtime.InteropServices;
using NvmeDoorbell.Memory;

namespace NvmeDoorbell.Storage;

/// <summary>
/// Overwrites a whole disk, a piece after the other, and flushes it. The work is done on threads of the pool, and where
/// the disk completes later, between its completions: nobody waits.
/// </summary>
/// <remarks>
/// Any thread. A disk that grows meanwhile is erased to its new end. It can be held between two pieces, and goes on from
/// there:
/// <code>
///             Hold                     the piece under way has ended
///  running ──────────▶ hold wanted ──────────────────────────────────▶ held
///     ▲  Continue           │                                           │
///     └─────────────────────┴───────────────────────────────────────────┘
/// </code>
/// Each arrow is one interlocked operation, so an erasure is started again exactly if it had stopped.
/// </remarks>
internal sealed class DiskErasure : DiskRequest
{
    private const ulong ZeroesBytes = 64 << 20;
    private const int BufferBytes = 1 << 20;
    private const int Running = 0;
    private const int HoldWanted = 1;
    private const int Held = 2;

    private readonly IDisk _disk;
    private readonly uint[] _patterns;
    private readonly bool _mayDeallocate;
    private readonly Action<DiskStatus> _done;
    private readonly Action<DiskErasure> _run = static erasure => erasure.Run();
    private NativeBlock? _buffer;
    private int _pass;
    private bool _canZero = true;
    private DiskStatus _answer;
    private int _isCancelled;
    private int _isDone;
    private int _hold;
    private ulong _offset;

    /// <param name="disk">The disk; nobody else writes to it meanwhile.</param>
    /// <param name="patterns">What to overwrite it with, a pass each; zeroes need not be written where the disk has a
    /// quicker way.</param>
    /// <param name="mayDeallocate">Zeroes may be holes.</param>
    /// <param name="done">Called once, with how it ended.</param>
    public DiskErasure(IDisk disk, uint[] patterns, bool mayDeallocate, Action<DiskStatus> done)
        : base(segmentCapacity: 1)
    {
        _disk = disk;
        _patterns = patterns;
        _mayDeallocate = mayDeallocate;
        _done = done;
    }

    /// <summary>The disk is not used any more.</summary>
    public bool IsDone => Volatile.Read(ref _isDone) != 0;

    /// <summary>Passes that are through.</summary>
    public int PassesDone => Volatile.Read(ref _pass);

    /// <summary>
    /// Passes that are through, and how much of the next; to begin with, where an earlier erasing has left off.
    /// </summary>
    public (int Pass, ulong OffsetBytes) Position
    {
        get => (Volatile.Read(ref _pass), Volatile.Read(ref _offset));
        init => (_pass, _offset) = value;
    }

    /// <summary>How much is done of all passes, 0 to 1.</summary>
    public double Progress
    {
        get
        {
            double ofPass = Volatile.Read(ref _offset) / (double)Math.Max(_disk.LengthBytes, 1);
            return Math.Min((PassesDone + ofPass) / _patterns.Length, 1);
        }
    }

    /// <summary>Begins, on another thread.</summary>
    public void Start() => ThreadPool.UnsafeQueueUserWorkItem(_run, this, preferLocal: false);

    /// <summary>Ends it soon, with <see cref="DiskStatus.Aborted"/>, unless it has ended already.</summary>
    public void Cancel()
    {
        Volatile.Write(ref _isCancelled, 1);
        Continue();
    }

    /// <summary>It has stopped after a piece, and the disk has no request of it.</summary>
    public bool IsHeld => Volatile.Read(ref _hold) == Held;

    /// <summary>Called when it has been held, on any thread.</summary>
    public Action? OnHeld { get; init; }

    /// <summary>Stops it after the piece that is under way, unless that is the end. Before its start, too.</summary>
    public void Hold() => Interlocked.CompareExchange(ref _hold, HoldWanted, Running);

    /// <summary>Lets it go on.</summary>
    public void Continue()
    {
        if (Interlocked.Exchange(ref _hold, Running) == Held)
            Start();
    }

    /// <inheritdoc/>
    protected override void OnCompleted(DiskStatus status)
    {
        _answer = status;
        ThreadPool.UnsafeQueueUserWorkItem(
            static erasure =>
            {
                if (erasure.Take(erasure._answer))
                    erasure.Run();
            },
            this,
            preferLocal: false);
    }

    private void Run()
    {
        DiskStatus status;
        do
        {
            if (Volatile.Read(ref _isCancelled) != 0)
                status = DiskStatus.Aborted;
            else if (StopsHere())
                return;
            else
                status = Step();
            if (status == DiskStatus.Pending)
                return;
        }
        while (Take(status));
    }

    private bool StopsHere()
    {
        if (Interlocked.CompareExchange(ref _hold, Held, HoldWanted) != HoldWanted)
            return false;
        OnHeld?.Invoke();
        return true;
    }

    /// <summary>Gives the disk its next piece, or the flush behind the last.</summary>
    private DiskStatus Step()
    {
        ulong lengthBytes = _disk.LengthBytes;
        while (_pass < _patterns.Length && _offset >= lengthBytes)
        {
            Volatile.Write(ref _pass, _pass + 1);
            Volatile.Write(ref _offset, 0);
        }
        ClearSegments();
        OffsetBytes = _offset;
        MayDeallocate = false;
        if (_pass == _patterns.Length)
        {
            Operation = DiskOperation.Flush;
            LengthBytes = 0;
        }
        else if (_patterns[_pass] == 0 && _canZero)
        {
            Operation = DiskOperation.WriteZeroes;
            MayDeallocate = _mayDeallocate;
            LengthBytes = Math.Min(lengthBytes - _offset, ZeroesBytes);
        }
        else
        {
            Operation = DiskOperation.Write;
            LengthBytes = Math.Min(lengthBytes - _offset, BufferBytes);
            _buffer ??= new NativeBlock(BufferBytes, 4096);
            MemoryMarshal.Cast<byte, uint>(_buffer.Span).Fill(_patterns[_pass]);
            AddSegment(_buffer.Address, (nuint)LengthBytes);
        }
        Begin();
        DiskStatus status;
        try
        {
            status = _disk.Submit(this);
        }
        catch (Exception)
        {
            status = DiskStatus.InternalError; // a disk is the embedder's code: it does not end a thread of the pool
        }
        return status == DiskStatus.Pending || !TryClaim() ? DiskStatus.Pending : status;
    }

    /// <summary>Takes the disk's answer. False: that was the end.</summary>
    private bool Take(DiskStatus status)
    {
        if (status == DiskStatus.NotSupported && Operation == DiskOperation.WriteZeroes)
        {
            _canZero = false;
            return true;
        }
        // It has been cut shorter meanwhile: the piece lies beyond its end, and the next look finds that out.
        if (status == DiskStatus.InternalError && OffsetBytes + LengthBytes > _disk.LengthBytes)
            return true;
        if (Operation == DiskOperation.Flush && status == DiskStatus.NotSupported)
            status = DiskStatus.Success;
        if (status == DiskStatus.Success && Operation != DiskOperation.Flush)
        {
            Volatile.Write(ref _offset, _offset + LengthBytes);
            return true;
        }
        Dispose();
        _buffer?.Dispose();
        Volatile.Write(ref _isDone, 1);
        _done(status);
        return false;
    }
}
