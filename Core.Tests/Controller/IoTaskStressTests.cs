using NvmeDoorbell.Controller;
using NvmeDoorbell.Spec;
using NvmeDoorbell.Storage;
using NvmeDoorbell.Tests.Drivers;

namespace NvmeDoorbell.Tests.Controller;

/// <summary>Real threads: every command is completed once, whatever the disk does with it.</summary>
public sealed class IoTaskStressTests
{
    private const ulong Data = IoTaskFixture.DataAddress;

    [TestCase(16u, 8u, 1, 20_000)]
    [TestCase(256u, 64u, 3, 20_000)]
    [TestCase(64u, 3u, 2, 4_000)]
    public void Commands_are_conserved_by_a_disk_that_completes_out_of_order_from_a_thread_and_twice(
        uint sqEntries, uint cqEntries, int queues, int commandsEach)
    {
        int seed = Seed.Next();
        TestContext.Out.WriteLine(Seed.Replay(seed));
        using var io = new IoTaskFixture(cqEntries, ownThread: true);
        using var disk = new DisorderlyDisk(seed);
        io.AddNamespace(disk);
        QueueDriver[] drivers = [.. Enumerable.Range(1, queues).Select(id => io.AddQueue((ushort)id, sqEntries))];

        // The completion queue is one: the first driver reads it, and gives each completion to its queue.
        var submitted = new int[queues];
        var completed = new int[queues];
        var inFlight = new HashSet<(ushort SqId, ushort CommandId)>();
        Wait.Until(
            () =>
            {
                for (int i = 0; i < queues; i++)
                {
                    int put = 0;
                    while (submitted[i] < commandsEach && submitted[i] - completed[i] < sqEntries - 1)
                    {
                        ushort id = (ushort)submitted[i]++;
                        Assert.That(inFlight.Add(((ushort)(i + 1), id)), Is.True);
                        drivers[i].Put(id % 3 == 0 ? IoEntries.Flush(id) : IoEntries.Read(id, id % 64u, 1, Data));
                        put++;
                    }
                    if (put > 0)
                        drivers[i].Ring();
                }
                foreach (CompletionEntry entry in drivers[0].ReapAll())
                {
                    if (!inFlight.Remove((entry.SqId, entry.CommandId)) || entry.Status != StatusCode.Success)
                        Assert.Fail($"Command {entry.CommandId} of queue {entry.SqId}: {entry.Status}, not in flight.");
                    completed[entry.SqId - 1]++;
                }
                return completed.Sum() == queues * commandsEach;
            },
            $"{queues * commandsEach} completions. {Seed.Replay(seed)}");
        Assert.That(inFlight, Is.Empty);
        Assert.That(drivers[0].TryPeek(out _), Is.False);
        Assert.That(io.Task.Totals.Commands, Is.EqualTo((ulong)(queues * commandsEach)));
        Assert.That(disk.Late, Is.Zero, "a completion too many had no effect");
        Assert.That(io.InvalidDoorbells, Is.Empty);
    }

    [Test]
    public void Edge25_Requests_return_when_queues_come_and_go_under_load()
    {
        int seed = Seed.Next();
        TestContext.Out.WriteLine(Seed.Replay(seed));
        using var io = new IoTaskFixture(cqEntries: 256, ownThread: true);
        using var disk = new DisorderlyDisk(seed);
        io.AddNamespace(disk);
        for (int round = 0; round < 200; round++)
        {
            ulong before = io.Task.Totals.Commands;
            QueueDriver driver = io.AddQueue(entries: 32);
            for (ushort id = 0; id < 31; id++)
                driver.Put(IoEntries.Read(id, 0, 1, Data));
            driver.Ring();
            if (round % 3 != 0)
                Wait.Until(() => io.Task.Totals.Commands > before, $"a completion in round {round}. {Seed.Replay(seed)}");
            int removed = 0;
            io.Doorbells.Close(2);
            io.Task.PostRemoveQueue(1, () => Interlocked.Increment(ref removed));
            Wait.Until(() => Volatile.Read(ref removed) == 1, $"the queue to go in round {round}. {Seed.Replay(seed)}");
            // What is posted is posted: the guest consumes it all before it makes the queue again.
            io.Doorbells.Ring(3, io.CompletionTail);
        }
        io.Stop();
        Assert.That(disk.InFlight, Is.Zero);
    }

    [Test]
    public void Edge37_A_namespace_that_goes_under_load_is_unused_when_its_task_says_so()
    {
        int seed = Seed.Next();
        TestContext.Out.WriteLine(Seed.Replay(seed));
        using var io = new IoTaskFixture(cqEntries: 256, ownThread: true);
        QueueDriver driver = io.AddQueue(entries: 64);
        int inFlight = 0;
        ushort next = 0;
        for (int round = 0; round < 300; round++)
        {
            using var disk = new DisorderlyDisk(seed + round);
            Namespace added = io.AddNamespace(disk);
            for (; inFlight < 40; inFlight++)
                driver.Put(IoEntries.Read(next++, 0, 1, Data));
            driver.Ring();
            if (round % 2 == 0)
                Wait.Until(() => disk.InFlight > 0 || driver.TryPeek(out _), "the namespace to be used");
            io.RemoveNamespace(added.Id);
            int unused = 0;
            io.Task.PostConfirmUnused(added, () => Interlocked.Increment(ref unused));
            Wait.Until(() => Volatile.Read(ref unused) == 1, $"the answer in round {round}. {Seed.Replay(seed)}");
            Assert.That(disk.InFlight, Is.Zero, $"Round {round}. {Seed.Replay(seed)}");
            foreach (CompletionEntry entry in driver.ReapAll())
            {
                inFlight--;
                if (entry.Status.WithoutFlags() is not (StatusCode.Success or StatusCode.InvalidNamespaceOrFormat))
                    Assert.Fail($"{entry.Status}. {Seed.Replay(seed)}");
            }
        }
        Wait.Until(() => (inFlight -= driver.ReapAll().Count) == 0, "the rest");
    }

    /// <summary>Keeps requests, and completes them from a thread of its own in any order, some of them twice.</summary>
    private sealed class DisorderlyDisk : IDisk
    {
        private readonly List<(DiskRequest Request, ulong Token)> _waiting = [];
        private readonly Random _random;
        private readonly Thread _thread;
        private bool _disposed;
        private int _late;

        public DisorderlyDisk(int seed)
        {
            _random = new Random(seed);
            _thread = new Thread(Run);
            _thread.Start();
        }

        public int BlockBytes => 512;

        public ulong LengthBytes => 1 << 20;

        public bool IsReadOnly => false;

        /// <summary>Second completions that were taken for first ones.</summary>
        public int Late => Volatile.Read(ref _late);

        public int InFlight
        {
            get
            {
                lock (_waiting)
                    return _waiting.Count;
            }
        }

        public DiskStatus Submit(DiskRequest request)
        {
            if (request.Operation == DiskOperation.Flush && (request.Token & 2) != 0)
                return DiskStatus.Success;
            lock (_waiting)
            {
                _waiting.Add((request, request.Token));
                Monitor.Pulse(_waiting);
            }
            return DiskStatus.Pending;
        }

        public void Dispose()
        {
            lock (_waiting)
            {
                _disposed = true;
                Monitor.Pulse(_waiting);
            }
            _thread.Join();
        }

        private void Run()
        {
            while (true)
            {
                (DiskRequest Request, ulong Token) taken;
                lock (_waiting)
                {
                    while (_waiting.Count == 0)
                    {
                        if (_disposed)
                            return;
                        Monitor.Wait(_waiting);
                    }
                    int index = _random.Next(_waiting.Count);
                    taken = _waiting[index];
                    _waiting.RemoveAt(index);
                }
                if (!taken.Request.Complete(taken.Token, DiskStatus.Success))
                    Interlocked.Increment(ref _late);
                if (_random.Next(4) == 0 && taken.Request.Complete(taken.Token, DiskStatus.ReadError))
                    Interlocked.Increment(ref _late);
            }
        }
    }
}
