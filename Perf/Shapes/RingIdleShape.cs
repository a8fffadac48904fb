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

    private readonly Crew _crew = new(threads);
    private readonly long[] _begin = new long[threads];
    private readonly long[] _end = new long[threads];
    private readonly uint[] _refused = new uint[threads];
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
        _operations = operations;
        _crew.Run(_loop ??= Loop);
        if (_refused.Any(static refused => refused != 0))
            throw new InvalidOperationException($"{Name}: a ring was refused.");
        return NsOf(_end.Max() - _begin.Min()) / operations;
    }

    private void Loop(int thread)
    {
        _begin[thread] = Stopwatch.GetTimestamp();
        _refused[thread] = Rings(ringer, thread * PerThread, _operations);
        _end[thread] = Stopwatch.GetTimestamp();
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
