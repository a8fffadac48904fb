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

    /// <summary>How many are enough on a busy machine.</summary>
    internal const int Least = 3;

    private const double DearMicroseconds = 5;
    private const double PatienceMilliseconds = 30; // on a busy machine: two are enough on most

    private static readonly Lazy<bool> Measured = new(Measure);

    /// <summary>
    /// Whether sleepers should leave the fence to the ringers. Measured when it is asked for first, and the same for as
    /// long as the process runs.
    /// </summary>
    public static bool IsDear => Measured.Value;

    /// <summary>Judges barriers by the middle one: what disturbs a few of them decides nothing.</summary>
    /// <param name="ticks">How long each took; sorted by this.</param>
    internal static bool AreDear(Span<long> ticks)
    {
        // Too few: no other thread runs beside this one, and a barrier interrupts nobody.
        if (ticks.Length < Least)
            return false;
        ticks.Sort();
        return ticks[ticks.Length / 2] > DearMicroseconds * Stopwatch.Frequency / 1e6;
    }

    /// <summary>Times barriers while another thread is seen to run.</summary>
    /// <param name="ticks">Room for how long each took.</param>
    /// <param name="patienceMilliseconds">How long the other thread is waited for, in all.</param>
    /// <returns>How many there are: less than there is room for where no other thread has run.</returns>
    internal static int Time(Span<long> ticks, double patienceMilliseconds)
    {
        var other = new Runner();
        long end = Stopwatch.GetTimestamp() + (long)(patienceMilliseconds * Stopwatch.Frequency / 1e3);
        int count = 0;
        long start;
        while (count < ticks.Length && (start = Stopwatch.GetTimestamp()) < end)
        {
            long turns = other.Turns;
            Interlocked.MemoryBarrierProcessWide();
            long took = Stopwatch.GetTimestamp() - start;
            if (other.Turns != turns)
                ticks[count++] = took; // it has run meanwhile: the barrier had somebody to interrupt
        }
        other.Stop();
        return count;
    }

    private static bool Measure()
    {
        Span<long> ticks = stackalloc long[Samples];
        return AreDear(ticks[..Time(ticks, PatienceMilliseconds)]);
    }

    /// <summary>A thread that runs until it is stopped.</summary>
    private sealed class Runner
    {
        private long _turns;
        private bool _isOver;

        public Runner() => new Thread(Run) { IsBackground = true, Name = "barrier cost" }.Start();

        /// <summary>Changes as long as it runs.</summary>
        public long Turns => Volatile.Read(ref _turns);

        public void Stop() => Volatile.Write(ref _isOver, true);

        private void Run()
        {
            while (!Volatile.Read(ref _isOver))
                Volatile.Write(ref _turns, _turns + 1);
        }
    }
}
