using NvmeDoorbell.Doorbells;
using NvmeDoorbell.Perf.Shapes;

namespace NvmeDoorbell.Perf.Gate;

/// <summary>A reactor's task that sleeps after every ring; parked or polling, as the reactor is set.</summary>
internal sealed class ReactorWorkload : IWorkload
{
    private readonly Station _station;
    private uint _seen;
    private uint _next;

    public ReactorWorkload(ReactorPolling polling) => _station = new Station(
        polling, DoorbellBarrier.Default, cpu: null, value => Volatile.Write(ref _seen, value));

    public void Run(long cycles)
    {
        for (var i = 0L; i < cycles; i++)
        {
            _next = (_next + 1) & 0xFFFF;
            _station.Ring(_next);
            var spinner = new SpinWait();
            while (Volatile.Read(ref _seen) != _next) spinner.SpinOnce(sleep1Threshold: -1);
        }
    }

    public void Dispose() => _station.Dispose();
}
