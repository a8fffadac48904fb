using System.Runtime.CompilerServices;
using System.Threading.Tasks.Sources;

namespace NvmeDoorbell.Perf.Shapes;

/// <summary>A value and a stored waker, behind one reader-writer lock for all doorbells.</summary>
internal sealed class RwLockDoorbell(ReaderWriterLockSlim all) : IDoorbell, IValueTaskSource<bool>
{
    private ManualResetValueTaskSourceCore<bool> _core = new() { RunContinuationsAsynchronously = true };
    private Action? _waker;
    private Action? _wake;
    private int _woken = 1;
    private uint _value;
    private uint _seen;

    public void Ring(uint value)
    {
        all.EnterReadLock();
        try
        {
            Volatile.Write(ref _value, value);
            _waker?.Invoke();
        }
        finally
        {
            all.ExitReadLock();
        }
    }

    public ValueTask<bool> WaitAsync()
    {
        all.EnterWriteLock();
        try
        {
            _waker = null;
            if (_value != _seen) return new ValueTask<bool>(true);
            _core.Reset();
            _woken = 0;
            _waker = _wake ??= Wake;
            return new ValueTask<bool>(this, _core.Version);
        }
        finally
        {
            all.ExitWriteLock();
        }
    }

    public uint Take() => _seen = Volatile.Read(ref _value);

    bool IValueTaskSource<bool>.GetResult(short token) => _core.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<bool>.GetStatus(short token) => _core.GetStatus(token);

    void IValueTaskSource<bool>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags)
        => _core.OnCompleted(continuation, state, token, flags);

    private void Wake()
    {
        if (Interlocked.Exchange(ref _woken, 1) == 0) _core.SetResult(true);
    }

    /// <summary>Many of them.</summary>
    internal readonly struct Ringer(RwLockDoorbell[] doorbells) : IRinger
    {
        [MethodImpl(MethodImplOptions.NoInlining)]
        public bool Ring(int id, uint value)
        {
            if ((uint)id >= (uint)doorbells.Length) return false;
            doorbells[id].Ring(value);
            return true;
        }
    }
}
