using NvmeDoorbell.Doorbells;

namespace NvmeDoorbell.Perf.Shapes;

/// <summary>Many doorbells, each with a task of its own on one reactor.</summary>
internal sealed class Crowd : IDisposable
{
    private readonly FollowerTask[] _tasks;

    /// <summary>Starts the tasks.</summary>
    /// <param name="reactor">Theirs; it stays the caller's.</param>
    /// <param name="count">Doorbells and tasks.</param>
    /// <param name="passOn">Called with each value by the reactor's thread.</param>
    public Crowd(Reactor reactor, int count, Action<uint> passOn)
    {
        Memory = new DoorbellMemory(Math.Max(count, DoorbellMemory.MinCount));
        _tasks = [.. Enumerable.Range(0, count).Select(
            id => new FollowerTask(reactor, Memory.Open(id, DoorbellMemory.MaxLimit), passOn))];
        foreach (var task in _tasks) task.Start();
    }

    /// <summary>Their doorbells.</summary>
    public DoorbellMemory Memory { get; }

    public void Dispose()
    {
        foreach (var task in _tasks) task.Dispose();
        Memory.Dispose();
    }
}
