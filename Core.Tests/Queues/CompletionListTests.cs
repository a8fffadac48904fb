using NvmeDoorbell.Queues;

namespace NvmeDoorbell.Tests.Queues;

public sealed class CompletionListTests
{
    [Test]
    public void Nodes_come_out_oldest_first()
    {
        var list = new CompletionList<Node>();
        Assert.That(list.TakeAll(), Is.Null);
        Assert.That(list.Push(new Node(1)), Is.True);
        Assert.That(list.Push(new Node(2)), Is.False);
        Assert.That(list.Push(new Node(3)), Is.False);
        Assert.That(list.IsEmpty, Is.False);
        Assert.That(Values(list.TakeAll()), Is.EqualTo(new[] { 1, 2, 3 }));
        Assert.That(list.IsEmpty, Is.True);
        Assert.That(list.Push(new Node(4)), Is.True);
    }

    [Test]
    public void Of_many_pushers_every_node_is_taken_once_in_its_pushers_order()
    {
        const int Pushers = 3;
        const int Each = 20_000;
        var list = new CompletionList<Node>();
        int empties = 0;
        Thread[] threads =
        [
            .. Enumerable.Range(0, Pushers).Select(pusher => new Thread(() =>
            {
                for (int i = 0; i < Each; i++)
                {
                    if (list.Push(new Node(pusher * Each + i)))
                        Interlocked.Increment(ref empties);
                }
            })),
        ];
        foreach (Thread thread in threads)
            thread.Start();
        int[] next = new int[Pushers];
        int taken = 0;
        int takes = 0;
        Wait.Until(
            () =>
            {
                Node? first = list.TakeAll();
                takes += first is null ? 0 : 1;
                foreach (int value in Values(first))
                {
                    if (value % Each != next[value / Each]++)
                        Assert.Fail($"Node {value} is out of order.");
                    taken++;
                }
                return taken == Pushers * Each;
            },
            "every node");
        foreach (Thread thread in threads)
            thread.Join();
        Assert.That(list.IsEmpty, Is.True);
        Assert.That(empties, Is.EqualTo(takes), "each take was announced once");
    }

    private static List<int> Values(Node? node)
    {
        var values = new List<int>();
        for (; node is not null; node = node.Link)
            values.Add(node.Value);
        return values;
    }

    private sealed class Node(int value) : IListed<Node>
    {
        public int Value { get; } = value;

        public Node? Link { get; set; }
    }
}
