using NvmeDoorbell.Interop.Native;

namespace NvmeDoorbell.Tests.Interop;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class HandleTableTests
{
    private readonly HandleTable _table = new();

    [Test]
    public void A_handle_finds_its_object_and_nothing_else()
    {
        var first = new Probe();
        var second = new Probe();
        var firstHandle = _table.Add(HandleKind.Memory, first);
        var secondHandle = _table.Add(HandleKind.Memory, second);

        Assert.That(_table.Find(firstHandle, HandleKind.Memory), Is.SameAs(first));
        Assert.That(_table.Find(secondHandle, HandleKind.Memory), Is.SameAs(second));
        Assert.That(firstHandle, Is.Not.EqualTo(secondHandle));
    }

    [Test]
    public void Edge39_Null_freed_foreign_and_made_up_handles_find_nothing()
    {
        var handle = _table.Add(HandleKind.Memory, new Probe());
        Assert.That(_table.Find(0, HandleKind.Memory), Is.Null);
        Assert.That(_table.Find(handle, HandleKind.Reactor), Is.Null);
        foreach (var kind in Enum.GetValues<HandleKind>().Where(kind => kind != HandleKind.Memory))
            Assert.That(_table.Enter<Probe>(handle, kind).Status, Is.EqualTo(Status.Handle));
        for (var bit = 0; bit < 64; bit++)
            Assert.That(_table.Find(handle ^ 1UL << bit, HandleKind.Memory), Is.Null, $"bit {bit} flipped");
        Assert.That(_table.Find(ulong.MaxValue, HandleKind.Memory), Is.Null);

        Assert.That(_table.Free(handle, HandleKind.Memory), Is.EqualTo(Status.Ok));
        Assert.That(_table.Find(handle, HandleKind.Memory), Is.Null);
        Assert.That(_table.Free(handle, HandleKind.Memory), Is.EqualTo(Status.Handle));
        Assert.That(_table.Enter<Probe>(handle, HandleKind.Memory).Status, Is.EqualTo(Status.Handle));
    }

    [Test]
    public void A_handle_is_never_given_out_twice()
    {
        var seen = new HashSet<ulong>();
        for (var i = 0; i < 10_000; i++)
        {
            var handle = _table.Add(HandleKind.Waker, new Probe());
            Assert.That(seen.Add(handle));
            Assert.That(_table.Free(handle, HandleKind.Waker), Is.EqualTo(Status.Ok));
        }

        Assert.That(_table.Count, Is.Zero);
    }

    [Test]
    public void More_objects_than_a_chunk_holds_are_all_found()
    {
        var probes = Enumerable.Range(0, 1000).Select(_ => new Probe()).ToArray();
        var handles = probes.Select(probe => _table.Add(HandleKind.Memory, probe)).ToArray();
        for (var i = 0; i < probes.Length; i++)
            Assert.That(_table.Find(handles[i], HandleKind.Memory), Is.SameAs(probes[i]));
        Assert.That(_table.Count, Is.EqualTo(1000));
    }

    [Test]
    public void A_free_waits_for_a_call_that_is_inside()
    {
        var probe = new Probe();
        var handle = _table.Add(HandleKind.Memory, probe);
        using var entered = new ManualResetEventSlim();
        using var leave = new ManualResetEventSlim();
        var caller = new Thread(() =>
        {
            using var use = _table.Enter<Probe>(handle, HandleKind.Memory);
            entered.Set();
            leave.Wait();
        });
        caller.Start();
        entered.Wait();
        var status = Status.Pending;
        var freer = new Thread(() => status = _table.Free(handle, HandleKind.Memory));
        freer.Start();
        var closing = () =>
        {
            using var use = _table.Enter<Probe>(handle, HandleKind.Memory);
            return use.Status == Status.Closed;
        };
        Assert.That(SpinWait.SpinUntil(closing, TimeSpan.FromSeconds(30)), "the free closes the object to new calls");
        Assert.That(probe.Releases, Is.Zero);
        leave.Set();
        caller.Join();
        freer.Join();
        Assert.That(status, Is.EqualTo(Status.Ok));
        Assert.That(probe.Releases, Is.EqualTo(1));
    }

    [Test]
    public void A_free_from_inside_a_call_does_not_wait_for_itself()
    {
        var handle = _table.Add(HandleKind.Memory, new Probe());
        using (_table.Enter<Probe>(handle, HandleKind.Memory))
            Assert.That(_table.Free(handle, HandleKind.Memory), Is.EqualTo(Status.Busy));
        Assert.That(_table.Free(handle, HandleKind.Memory), Is.EqualTo(Status.Ok));
    }

    [Test]
    public void A_referenced_object_is_busy_until_the_reference_goes()
    {
        var probe = new Probe();
        var handle = _table.Add(HandleKind.Memory, probe);
        probe.AddReference();
        Assert.That(_table.Free(handle, HandleKind.Memory), Is.EqualTo(Status.Busy));
        Assert.That(_table.Enter<Probe>(handle, HandleKind.Memory).Status, Is.EqualTo(Status.Ok));
        probe.DropReference();
        probe.Leave();
        Assert.That(_table.Free(handle, HandleKind.Memory), Is.EqualTo(Status.Ok));
    }

    [Test]
    public void A_release_that_refuses_leaves_the_object_as_it_was()
    {
        var probe = new Probe { Answer = Status.Thread };
        var handle = _table.Add(HandleKind.Memory, probe);
        Assert.That(_table.Free(handle, HandleKind.Memory), Is.EqualTo(Status.Thread));
        using (var use = _table.Enter<Probe>(handle, HandleKind.Memory))
            Assert.That(use.Status, Is.EqualTo(Status.Ok));
        probe.Answer = Status.Ok;
        Assert.That(_table.Free(handle, HandleKind.Memory), Is.EqualTo(Status.Ok));
    }

    [Test]
    public void Edge40_No_call_is_inside_when_an_object_is_released()
    {
        const int Threads = 4;
        var handles = new ulong[64];
        var probes = new Probe[handles.Length];
        for (var i = 0; i < handles.Length; i++)
            handles[i] = _table.Add(HandleKind.Memory, probes[i] = new Probe());
        var inside = 0;
        var stop = false;
        var callers = Enumerable.Range(0, Threads).Select(n => new Thread(() =>
        {
            var i = n;
            while (!Volatile.Read(ref stop))
            {
                i = (i + 1) % handles.Length;
                using var use = _table.Enter<Probe>(Volatile.Read(ref handles[i]), HandleKind.Memory);
                if (use.TryGet(out var probe) && Volatile.Read(ref probe.Releases) != 0)
                    Interlocked.Increment(ref inside);
            }
        })).ToArray();
        foreach (var caller in callers)
            caller.Start();
        for (var round = 0; round < 5_000; round++)
        {
            var i = round % handles.Length;
            Assert.That(_table.Free(handles[i], HandleKind.Memory), Is.EqualTo(Status.Ok));
            Volatile.Write(ref handles[i], _table.Add(HandleKind.Memory, probes[i] = new Probe()));
        }

        Volatile.Write(ref stop, true);
        foreach (var caller in callers)
            caller.Join();
        Assert.That(inside, Is.Zero);
        Assert.That(probes.Sum(probe => probe.Users), Is.Zero);
    }

    [Test]
    public void A_look_up_allocates_nothing()
    {
        var handle = _table.Add(HandleKind.Memory, new Probe());
        Use(handle);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
        {
            Use(handle);
            Use(0);
        }

        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);

        void Use(ulong value)
        {
            using var use = _table.Enter<Probe>(value, HandleKind.Memory);
        }
    }

    private sealed class Probe : NativeObject
    {
        public int Answer;
        public int Releases;

        protected override int Release()
        {
            if (Answer == Status.Ok)
                Volatile.Write(ref Releases, Releases + 1);
            return Answer;
        }
    }
}
