namespace NvmeDoorbell.Perf.Shapes;

/// <summary>A heap of many small objects that refer to each other, so that a full collection takes long.</summary>
internal sealed class LargeHeap(int megabytes)
{
    private const int NodeBytes = 64;

    private readonly Node _last = Grow(megabytes * (1 << 20) / NodeBytes);

    /// <summary>One full collection that stops every managed thread.</summary>
    public void Collect()
    {
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Forced, blocking: true, compacting: false);
        GC.KeepAlive(_last);
    }

    private static Node Grow(int count)
    {
        // Each node refers to the one before and to a random earlier one, so that marking misses the caches.
        var random = new Random(1);
        var all = new Node[count];
        for (var i = 0; i < count; i++)
            all[i] = new Node { Previous = i == 0 ? null : all[i - 1], Other = i == 0 ? null : all[random.Next(i)] };
        return all[^1];
    }

    private sealed class Node
    {
        public Node? Previous { get; init; }

        public Node? Other { get; init; }

        /// <summary>Makes a node as long as <see cref="NodeBytes"/> says.</summary>
        public Guid First { get; init; }

        public Guid Second { get; init; }
    }
}
