using System.Diagnostics;

namespace NvmeDoorbell.Tests.Fuzz.Feedback;

/// <summary>Makes an input smaller as long as it still does what it did.</summary>
internal static class Minimizer
{
    /// <summary>Takes stretches out, long ones first, and then makes bytes zero.</summary>
    /// <param name="input">The input.</param>
    /// <param name="doesIt">Whether an input still does it.</param>
    /// <param name="time">When to be content with what there is.</param>
    public static byte[] Shrink(byte[] input, Func<byte[], bool> doesIt, TimeSpan time)
    {
        long start = Stopwatch.GetTimestamp();
        bool HasTime() => Stopwatch.GetElapsedTime(start) < time;
        for (int length = Math.Max(1, input.Length / 2); length > 0 && HasTime(); length /= 2)
        {
            for (int at = 0; at + length <= input.Length && HasTime();)
            {
                byte[] shorter = [.. input.AsSpan(0, at), .. input.AsSpan(at + length)];
                if (doesIt(shorter))
                    input = shorter;
                else
                    at += length;
            }
        }
        for (int at = 0; at < input.Length && HasTime(); at++)
        {
            if (input[at] == 0)
                continue;
            byte[] plainer = [.. input];
            plainer[at] = 0;
            if (doesIt(plainer))
                input = plainer;
        }
        return input;
    }
}
