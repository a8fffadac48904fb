using System.Diagnostics;

namespace NvmeDoorbell.Doorbells;

/// <summary>
/// What the process-wide barrier costs while another thread of the process runs: an interrupt to that thread's core, of
/// one or two microseconds where the hardware delivers it, and of ten to forty where a hypervisor does.
/// </summary>
internal static class BarrierCost
{
    /// <summary>Barriers that are timed.</summary>
    internal const int Samples = 9;

    private const double DearMicroseconds = 5;
    private const double PatienceMilliseconds = 10; // on a busy machine; otherwise half of one is enough

    private const int NotMeasured = 0;
    private const int Cheap = 1;
    private const int Dear = 2;

    private static int _measured;

    /// <summary>
    /// Whether sleepers should leave the fence to the ringers. Measured when it is asked for first, and the same for as
    /// long as the process runs.
    /// </summary>
    public static bool IsDear
    {
        get
        {
            if (Volatile.Read(ref _measured) == NotMeasured)
                Interlocked.CompareExchange(ref _measured, Measure() ? Dear : Cheap, NotMeasured); // the first counts
            return Volatile.Read(ref _measured) == Dear;
        }
    }

    /// <summary>Judges barriers by the middle one: what disturbs a few of them decides nothing.</summary>
    /// <param name="ticks">How long each took; sorted by this.</param>
    internal static bool AreDear(Span<long> ticks)
    {
        // Too few: no other thread runs beside this one, and a barrier interrupts nobody.
        if (ticks.Length < Samples)
            return false;
        ticks.Sort();
        return ticks[ticks.Length / 2] > DearMicroseconds * Stopwatch.Frequency / 1e6;
    }

    private static bool Measure()
    {
        var other = new Runner();
        long end = Stopwatch.GetTimestamp() + (long)(PatienceMilliseconds * Stopwatch.Frequency / 1e3);
        Span<long> ticks = stackalloc long[Samples];
        int count = 0;
        while (count < Samples && other.IsRunning(end))
        {
            long start = Stopwatch.GetTimestamp();
            Interlocked.MemoryBarrierProcessWide();
            ticks[count++] = Stopwatch.GetTimestamp() - start;
        }
        other.Stop();
        return AreDear(ticks[..count]);
    }

    /// <summary>A thread that runs until it is stopped.</summary>
    private sealed class Runner
    {
        private long _turns;
        private bool _isOver;

        public Runner() => new Thread(Run) { IsBackground = true, Name = "barrier cost" }.Start();

        /// <summary>Waits until it is seen to run. False: it does not by then.</summary>
        public bool IsRunning(long end)
        {
            long before = Volatile.Read(ref _turns);
            while (Volatile.Read(ref _turns) == before)
            {
                if (Stopwatch.GetTimestamp() > end)
                    return false;
            }
            return true;
        }

        public void Stop() => Volatile.Write(ref _isOver, true);

        private void Run()
        {
            while (!Volatile.Read(ref _isOver))
                Volatile.Write(ref _turns, _turns + 1);
        }
    }
}
