using System.Collections.Concurrent;

namespace NvmeDoorbell.Tests.Fuzz;

/// <summary>What a run has found to be wrong. Any thread.</summary>
internal sealed class Findings
{
    private const int Most = 20;

    private readonly ConcurrentQueue<string> _all = new();

    public bool IsEmpty => _all.IsEmpty;

    public IReadOnlyList<string> All => [.. _all];

    public void Add(string what)
    {
        if (_all.Count < Most)
            _all.Enqueue(what);
    }

    public void Expect(bool condition, string otherwise)
    {
        if (!condition)
            Add(otherwise);
    }
}
