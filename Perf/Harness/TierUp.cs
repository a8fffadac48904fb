using System.Runtime;

namespace NvmeDoorbell.Perf.Harness;

/// <summary>Warms code up until the runtime has compiled it for good: it compiles hot methods anew, in its own time.</summary>
internal static class TierUp
{
    private const int LeastPasses = 3;
    private const int MostPasses = 20;

    /// <summary>Longer than the runtime waits, after the last new method, before it compiles hot ones again.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);

    /// <summary>Repeats <paramref name="pass"/> until nothing has been compiled during one and the pause after it.</summary>
    public static void Run(Action pass)
    {
        for (var i = 0; i < MostPasses; i++)
        {
            var compiled = JitInfo.GetCompiledMethodCount();
            pass();
            Thread.Sleep(Pause);
            if (i + 1 >= LeastPasses && JitInfo.GetCompiledMethodCount() == compiled) return;
        }
    }
}
