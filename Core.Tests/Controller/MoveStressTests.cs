using NvmeDoorbell.Spec;
using NvmeDoorbell.Tests.Drivers;

namespace NvmeDoorbell.Tests.Controller;

/// <summary>Moves at random moments, while guests write, read and compare on several queues.</summary>
public sealed class MoveStressTests
{
    private const int Moves = 40;
    private const int Queues = 3;
    private const int Slots = 12;
    private const int BlocksOfQueue = 64;
    private const ulong PageBytes = 4096;

    [TestCase(1, false, false)]
    [TestCase(2, false, false)]
    [TestCase(2, true, false)]
    [TestCase(1, false, true)]
    public void Every_command_completes_once_with_the_right_data(int reactors, bool usesShadow, bool usesMapped)
    {
        int seed = Seed.Next();
        using var machine = new MovingMachine(options => options with { MappedDoorbells = usesMapped }, reactors);
        machine.AddRamDisk(1);
        machine.Driver.Enable();
        ShadowPages? shadow = usesShadow ? new ShadowPages(machine.Driver) : null;
        if (shadow is not null)
            Assert.That(shadow.Configure(), Is.EqualTo(StatusCode.Success));
        var gate = new Lock(); // the guest's processors stand still while it is held
        Guest[] guests = [.. Enumerable.Range(1, Queues).Select(id => new Guest(
            machine.Driver, machine.Driver.CreateQueuePair(id, entries: 8 + id), shadow, id, seed))];
        bool isOver = false;
        Exception? failure = null;
        Thread[] threads = [.. guests.Select(guest => new Thread(() =>
        {
            try
            {
                while (!Volatile.Read(ref isOver))
                {
                    lock (gate)
                        guest.Step();
                }
            }
            catch (Exception exception)
            {
                Interlocked.CompareExchange(ref failure, exception, null);
            }
        }))];
        Array.ForEach(threads, thread => thread.Start());
        var random = new Random(seed);
        for (int move = 0; move < Moves && Volatile.Read(ref failure) is null; move++)
        {
            ulong before = Sum(guests);
            int wait = random.Next(200);
            Wait.Until(() => Sum(guests) >= before + (ulong)wait || Volatile.Read(ref failure) is not null, "the guests");
            machine.Controller.Pause(); // the guests go on: what they ring is kept
            lock (gate)
            {
                machine.Restore(machine.Save());
                machine.Controller.Resume();
            }
        }
        Volatile.Write(ref isOver, true);
        Array.ForEach(threads, thread => thread.Join());
        Assert.That(failure, Is.Null, Seed.Replay(seed));
        foreach (Guest guest in guests)
            Wait.Until(() => !guest.Drain(), $"the last commands; {Seed.Replay(seed)}");
        Assert.That(Sum(guests), Is.GreaterThan(100), "commands");
    }

    private static ulong Sum(Guest[] guests)
    {
        ulong sum = 0;
        foreach (Guest guest in guests)
            sum += guest.Completed;
        return sum;
    }

    /// <summary>A processor with a queue of its own, and blocks of its own. Each command has a page.</summary>
    private sealed class Guest
    {
        private readonly ControllerDriver _driver;
        private readonly DriverQueuePair _pair;
        private readonly ShadowPages? _shadow;
        private readonly Random _random;
        private readonly ulong _pages;
        private readonly ulong _firstBlock;
        private readonly Dictionary<ushort, (int Slot, bool IsRead, int Block)> _inFlight = [];
        private readonly Stack<int> _free = new(Enumerable.Range(0, Slots));
        private readonly byte[] _content = new byte[BlocksOfQueue]; // what fills each block
        private readonly HashSet<int> _busy = [];
        private readonly int _most;
        private ulong _completed;

        public Guest(ControllerDriver driver, DriverQueuePair pair, ShadowPages? shadow, int id, int seed)
        {
            _driver = driver;
            _pair = pair;
            _shadow = shadow;
            _random = new Random(seed + id);
            _pages = driver.AllocatePages(Slots);
            _firstBlock = (ulong)(id * BlocksOfQueue);
            _most = Math.Min(Slots, 7 + id);
        }

        public ulong Completed => Volatile.Read(ref _completed);

        /// <summary>Submits some commands and takes what has completed.</summary>
        public void Step()
        {
            int count = _random.Next(4);
            for (; count > 0 && _inFlight.Count < _most; count--)
                Submit();
            Ring(_pair.TailDoorbell, _pair.Tail);
            Drain();
        }

        /// <summary>Takes what has completed. False: nothing is left.</summary>
        public bool Drain()
        {
            bool taken = false;
            while (_pair.TryTake(out CompletionEntry completion))
            {
                taken = true;
                Check(completion);
            }
            if (taken)
                Ring(_pair.HeadDoorbell, _pair.Head);
            return _inFlight.Count > 0;
        }

        private void Submit()
        {
            int block = _random.Next(BlocksOfQueue);
            if (!_busy.Add(block))
                return;
            int slot = _free.Pop();
            ulong page = _pages + (ulong)slot * PageBytes;
            bool isRead = _random.Next(2) == 0;
            if (!isRead)
                _content[block] = (byte)_random.Next(256);
            var data = new byte[512];
            Array.Fill(data, isRead ? (byte)~_content[block] : _content[block]);
            _driver.Memory.TryWrite(page, data);
            ushort command = _pair.Put(ControllerDriver.BlockEntry(
                isRead ? IoOpcode.Read : IoOpcode.Write, 1, _firstBlock + (ulong)block, 1, page));
            _inFlight.Add(command, (slot, isRead, block));
        }

        private void Check(CompletionEntry completion)
        {
            if (!_inFlight.Remove(completion.CommandId, out (int Slot, bool IsRead, int Block) command))
                throw new AssertionException($"command {completion.CommandId} completes, and is not under way");
            if (completion.Status != StatusCode.Success)
                throw new AssertionException($"command {completion.CommandId}: {completion.Status}");
            byte[] data = _driver.ReadRam(_pages + (ulong)command.Slot * PageBytes, 512);
            if (data.AsSpan().ContainsAnyExcept(_content[command.Block]))
                throw new AssertionException($"block {command.Block} has other data than was written");
            _busy.Remove(command.Block);
            _free.Push(command.Slot);
            Volatile.Write(ref _completed, _completed + 1);
        }

        private void Ring(ulong doorbell, int value)
        {
            if (_shadow is null)
                _driver.Write32(doorbell, (uint)value);
            else
                _shadow.Ring(doorbell, value);
        }
    }
}
