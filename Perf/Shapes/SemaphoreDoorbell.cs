using System.Runtime.CompilerServices;

namespace NvmeDoorbell.Perf.Shapes;

/// <summary>A value, and a SemaphoreSlim that is released when it is not released already.</summary>
internal sealed class SemaphoreDoorbell : IDoorbell, IDisposable
{
    private readonly SemaphoreSlim _semaphore = new(0);
    private uint _value;

    public void Ring(uint value)
    {
        Volatile.Write(ref _value, value);
        // The value must be out before the count is looked at, or a follower that has just taken the count misses it.
        Interlocked.MemoryBarrier();
        if (_semaphore.CurrentCount == 0) _semaphore.Release();
    }

    public ValueTask<bool> WaitAsync() => new(_semaphore.WaitAsync(Timeout.Infinite));

    public uint Take() => Volatile.Read(ref _value);

    public void Dispose() => _semaphore.Dispose();

    /// <summary>Many of them.</summary>
    internal readonly struct Ringer(SemaphoreDoorbell[] doorbells) : IRinger
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
