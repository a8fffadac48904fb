using System.Diagnostics;
using NvmeDoorbell.Doorbells;
using NvmeDoorbell.Memory;
using NvmeDoorbell.Perf.Harness;
using NvmeDoorbell.Queues;
using NvmeDoorbell.Spec;

namespace NvmeDoorbell.Perf.Shapes;

/// <summary>Fetch of a submission entry and post of a completion entry, rung by the batch, on one thread.</summary>
internal sealed class QueueShape : Shape
{
    private const int Batch = 64;
    private const uint Entries = 256;
    private const ulong CompletionAddress = 1 << 20;

    private readonly GuestMemory _memory = new();
    private readonly DoorbellMemory _doorbells = new(DoorbellMemory.MinCount);
    private readonly SubmissionQueue _submission;
    private readonly CompletionQueue _completion;
    private uint _index;

    public QueueShape(string name)
        : base(name)
    {
        _memory.AllocateRegion(0, 2 << 20);
        _submission = new SubmissionQueue(1, 0, Entries, _memory, _doorbells.Open(0, Entries));
        _completion = new CompletionQueue(1, CompletionAddress, Entries, _memory, _doorbells.Open(1, Entries), 0, false);
    }

    public override int LeastOperations => 100 * Batch;

    public override void Dispose()
    {
        _doorbells.Dispose();
        _memory.Dispose();
        base.Dispose();
    }

    protected override double Time(int operations)
    {
        var begin = Stopwatch.GetTimestamp();
        var batches = Math.Max(1, operations / Batch);
        for (var i = 0; i < batches; i++)
        {
            _doorbells.Ring(1, _index);
            _completion.Look();
            _index = (_index + Batch) % Entries;
            _doorbells.Ring(0, _index);
            var posted = 0;
            while (_submission.TryFetch(out var entry) == FetchResult.Fetched
                && _completion.TryPost(0, _submission.Head, 1, entry.CommandId, StatusCode.Success))
            {
                posted++;
            }
            if (posted != Batch) throw new InvalidOperationException($"{Name}: {posted} of {Batch} entries came through.");
        }
        return NsSince(begin, batches * Batch);
    }
}
