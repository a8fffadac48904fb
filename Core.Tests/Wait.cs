using System.Diagnostics;

namespace NvmeDoorbell.Tests;

/// <summary>Waiting for what another thread brings about, without sleeping and with a deadline for the failure only.</summary>
internal static class Wait
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    public static void Until(Func<bool> condition, string what)
    {
        long start = Stopwatch.GetTimestamp();
        var spinner = new SpinWait();
        while (!condition())
        {
            if (Stopwatch.GetElapsedTime(start) > Deadline) Assert.Fail($"Waited {Deadline.TotalSeconds} s in vain for {what}.");
            spinner.SpinOnce(sleep1Threshold: -1);
        }
    }
}
