using System.Diagnostics;
using NvmeDoorbell.Perf.Harness;

namespace NvmeDoorbell.Perf.Shapes;

/// <summary>
/// One thread is both: it begins to wait, rings, and takes the value. No thread is switched, but where a peer has chosen to
/// resume elsewhere.
/// </summary>
internal sealed class SleepWakeShape(string name, IDoorbell doorbell) : Shape(name)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private uint _next;

    public override void Dispose()
    {
        (doorbell as IDisposable)?.Dispose();
        base.Dispose();
    }

    protected override double Time(int operations)
    {
        var begin = Stopwatch.GetTimestamp();
        for (var i = 0; i < operations; i++)
        {
            _next = (_next + 1) & 0xFFFF;
            var wait = doorbell.WaitAsync();
            doorbell.Ring(_next);
            var isWoken = wait.IsCompleted ? wait.Result : Comes(wait.AsTask());
            if (!isWoken || doorbell.Take() != _next)
                throw new InvalidOperationException($"{Name}: a wake was lost.");
        }
        return NsSince(begin, operations);
    }

    private static bool Comes(Task<bool> late) => late.Wait(Patience) && late.Result;
}
