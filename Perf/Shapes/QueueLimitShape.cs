using System.Diagnostics;
using System.Runtime.CompilerServices;
using NvmeDoorbell.Perf.Harness;
using NvmeDoorbell.Spec;

namespace NvmeDoorbell.Perf.Shapes;

/// <summary>The copies alone that a fetch and a post cannot do without: 64 bytes out, 16 bytes in, the last 8 released.</summary>
internal sealed class QueueLimitShape(string name) : Shape(name)
{
    private const int Entries = 256;

    private readonly SubmissionEntry[] _submission = new SubmissionEntry[Entries];
    private readonly ulong[] _completion = new ulong[2 * Entries];

    protected override double Time(int operations)
    {
        var begin = Stopwatch.GetTimestamp();
        for (var i = 0; i < operations; i++) Copy(i & (Entries - 1));
        return NsSince(begin, operations);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Copy(int index)
    {
        var entry = _submission[index];
        _completion[2 * index] = entry.Prp1;
        Volatile.Write(ref _completion[(2 * index) + 1], entry.CommandId | entry.Prp2 | entry.Cdw10 | entry.Cdw12);
    }
}
