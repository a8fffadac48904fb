using System.Diagnostics;
using System.Runtime.CompilerServices;
using NvmeDoorbell.Perf.Harness;

namespace NvmeDoorbell.Perf.Shapes;

/// <summary>Rings on one or more threads, each round robin on doorbells of its own.</summary>
internal sealed class RingIdleShape<T>(string name, T ringer, int threads, IDisposable? owned = null) : Shape(name)
    where T : struct, IRinger
{
    /// <summary>Doorbells that a thread rings, a power of two.</summary>
    public const int PerThread = 32;

    private const int RingsOfBurst = 4096;

    private readonly Crew _crew = new(threads);
    private readonly uint[] _refused = new uint[threads];
    private double[] _ticks = [];
    private int _bursts;
    private Action<int>? _loop;
    private int _operations;

    public override void Dispose()
    {
        _crew.Dispose();
        owned?.Dispose();
        base.Dispose();
    }

    protected override double Time(int operations)
    {
        _operations = Math.Min(operations, RingsOfBurst);
        _bursts = operations / _operations;
        if (_ticks.Length < _bursts * threads) _ticks = new double[_bursts * threads];
        _crew.Run(_loop ??= Loop);
        if (_refused.AsSpan().ContainsAnyExcept(0u)) throw new InvalidOperationException($"{Name}: a ring was refused.");
        var ticks = _ticks.AsSpan(0, _bursts * threads);
        ticks.Sort();
        return NsOf(ticks[ticks.Length / 2]) / _operations;
    }

    /// <summary>Bursts, of which the middle one counts, as in the native loops.</summary>
    private void Loop(int thread)
    {
        var began = Stopwatch.GetTimestamp();
        for (var burst = 0; burst < _bursts; burst++)
        {
            _refused[thread] += Rings(ringer, thread * PerThread, _operations);
            var now = Stopwatch.GetTimestamp();
            _ticks[(thread * _bursts) + burst] = now - began;
            began = now;
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static uint Rings(T ringer, int first, int operations)
    {
        var refused = 0u;
        for (var i = 0; i < operations; i++)
            if (!ringer.Ring(first + (i & (PerThread - 1)), (uint)i & 0xFFFF))
                refused++;
        return refused;
    }
}
