using System.Diagnostics;
using NvmeDoorbell.Doorbells;
using NvmeDoorbell.Perf.Harness;
using NvmeDoorbell.Spec;

namespace NvmeDoorbell.Perf.Guest;

/// <summary>
/// Whole commands where guest and device take turns on one thread: rung by the batch, then the lent reactor is turned
/// until the last completion is posted. Only the device's turns are timed, and of the batches the middle one counts.
/// </summary>
internal sealed class LentCommandShape : Shape
{
    private const int Batch = 64;

    private readonly Reactor _reactor = new(new ReactorOptions { OwnThread = false, Polling = ReactorPolling.Always });
    private readonly GuestDriver _guest;
    private long[] _ticks = [];

    public LentCommandShape(string name, IoOpcode opcode, int lengthBytes)
        : base(name) => _guest = new GuestDriver(_reactor, opcode, lengthBytes);

    public override int LeastOperations => 100 * Batch;

    public override void Dispose()
    {
        _guest.Dispose();
        _reactor.Dispose();
        base.Dispose();
    }

    protected override double Time(int operations)
    {
        var batches = Math.Max(1, operations / Batch);
        if (_ticks.Length < batches) _ticks = new long[batches];
        for (var i = 0; i < batches; i++)
        {
            _guest.Submit(Batch);
            var left = Batch;
            while (left != 0)
            {
                var begin = Stopwatch.GetTimestamp();
                _reactor.Run(TimeSpan.Zero);
                _ticks[i] += Stopwatch.GetTimestamp() - begin;
                left -= _guest.Reap(left);
            }
        }
        var ticks = _ticks.AsSpan(0, batches);
        ticks.Sort();
        var middle = ticks[batches / 2];
        ticks.Clear();
        return NsOf(middle) / Batch;
    }
}
