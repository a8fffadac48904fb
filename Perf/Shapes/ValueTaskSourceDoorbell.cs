using System.Runtime.CompilerServices;
using System.Threading.Tasks.Sources;

namespace NvmeDoorbell.Perf.Shapes;

/// <summary>A value, and one reused ManualResetValueTaskSourceCore behind a word that says who completes it.</summary>
internal sealed class ValueTaskSourceDoorbell : IDoorbell, IValueTaskSource<bool>
{
    private const int Running = 0;
    private const int Sleeping = 1;

    private ManualResetValueTaskSourceCore<bool> _core = new() { RunContinuationsAsynchronously = true };
    private int _state;
    private uint _value;
    private uint _seen;

    public void Ring(uint value)
    {
        Volatile.Write(ref _value, value);
        if (Interlocked.CompareExchange(ref _state, Running, Sleeping) == Sleeping) _core.SetResult(true);
    }

    public ValueTask<bool> WaitAsync()
    {
        _core.Reset();
        Interlocked.Exchange(ref _state, Sleeping);
        return Volatile.Read(ref _value) != _seen
            && Interlocked.CompareExchange(ref _state, Running, Sleeping) == Sleeping
                ? new ValueTask<bool>(true)
                : new ValueTask<bool>(this, _core.Version);
    }

    public uint Take() => _seen = Volatile.Read(ref _value);

    bool IValueTaskSource<bool>.GetResult(short token) => _core.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<bool>.GetStatus(short token) => _core.GetStatus(token);

    void IValueTaskSource<bool>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags)
        => _core.OnCompleted(continuation, state, token, flags);

    /// <summary>Many of them.</summary>
    internal readonly struct Ringer(ValueTaskSourceDoorbell[] doorbells) : IRinger
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
