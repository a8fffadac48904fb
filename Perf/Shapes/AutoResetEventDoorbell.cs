using System.Runtime.CompilerServices;
using DotNext.Threading;

namespace NvmeDoorbell.Perf.Shapes;

/// <summary>A value, and DotNext's asynchronous auto-reset event.</summary>
internal sealed class AutoResetEventDoorbell : IDoorbell, IDisposable
{
    private readonly AsyncAutoResetEvent _event = new(initialState: false);
    private uint _value;

    public void Ring(uint value)
    {
        Volatile.Write(ref _value, value);
        _event.Set();
    }

    public async ValueTask<bool> WaitAsync()
    {
        await _event.WaitAsync().ConfigureAwait(false);
        return true;
    }

    public uint Take() => Volatile.Read(ref _value);

    public void Dispose() => _event.Dispose();

    /// <summary>Many of them.</summary>
    internal readonly struct Ringer(AutoResetEventDoorbell[] doorbells) : IRinger
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
