using System.Runtime.CompilerServices;

namespace NvmeDoorbell.Perf.Shapes;

/// <summary>A value, and a TaskCompletionSource for each sleep.</summary>
internal sealed class TaskCompletionSourceDoorbell : IDoorbell
{
    private TaskCompletionSource<bool>? _sleeper;
    private uint _value;
    private uint _seen;

    public void Ring(uint value)
    {
        Volatile.Write(ref _value, value);
        Interlocked.Exchange(ref _sleeper, null)?.TrySetResult(true);
    }

    public ValueTask<bool> WaitAsync()
    {
        var sleeper = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        Interlocked.Exchange(ref _sleeper, sleeper);
        return Volatile.Read(ref _value) != _seen && Interlocked.Exchange(ref _sleeper, null) is not null
            ? new ValueTask<bool>(true)
            : new ValueTask<bool>(sleeper.Task);
    }

    public uint Take() => _seen = Volatile.Read(ref _value);

    /// <summary>Many of them.</summary>
    internal readonly struct Ringer(TaskCompletionSourceDoorbell[] doorbells) : IRinger
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
