using Microsoft.Diagnostics.Runtime;

namespace NvmeDoorbell.Tests.Fuzz;

/// <summary>The managed stacks in a dump, as text.</summary>
internal static class StackReport
{
    private const int MaxFrames = 40;

    public static IEnumerable<string> Read(string dump)
    {
        using DataTarget target = DataTarget.LoadDump(dump);
        using ClrRuntime runtime = target.ClrVersions[0].CreateRuntime();
        foreach (ClrThread thread in runtime.Threads)
        {
            yield return $"  thread {thread.OSThreadId} (managed {thread.ManagedThreadId})";
            foreach (ClrStackFrame frame in thread.EnumerateStackTrace().Take(MaxFrames))
            {
                if (frame.Method is not null)
                    yield return $"    {frame.Method.Signature}";
            }
        }
    }
}
