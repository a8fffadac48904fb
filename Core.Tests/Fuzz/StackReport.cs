using System.Runtime.InteropServices;
using Microsoft.Diagnostics.Runtime;

namespace NvmeDoorbell.Tests.Fuzz;

/// <summary>The managed stacks in a dump, as text.</summary>
internal static class StackReport
{
    private const int MaxFrames = 40;

    public static IEnumerable<string> Read(string dump)
    {
        using DataTarget target = DataTarget.LoadDump(dump);
        // The dump's process had the runtime that this one has, and what reads its data lies beside it. A dump may not
        // say which that was.
        using ClrRuntime runtime = target.ClrVersions[0].CreateRuntime(
            Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "libmscordaccore.so"), ignoreMismatch: true);
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
