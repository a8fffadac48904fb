using NvmeDoorbell.Interop.Native;

namespace NvmeDoorbell.Tests.Interop;

// SAFETY: the pointers are to locals that outlive the calls.
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed unsafe class ReactorCallsTests : IDisposable
{
    private readonly Handles _handles = new();

    public void Dispose() => _handles.Dispose();

    [Test]
    public void A_lent_reactor_runs_until_it_is_stopped()
    {
        ulong reactor = _handles.Reactor();
        int status = Status.Pending;
        Thread runner = new(() => status = ReactorCalls.Run(reactor, uint.MaxValue));
        Assert.That(ReactorCalls.Run(reactor, 0), Is.EqualTo(Status.Ok));
        Assert.That(Turns(reactor), Is.EqualTo(1));
        runner.Start();
        Wait.Until(() => Turns(reactor) >= 2, "the thread runs the reactor");
        Assert.That(ReactorCalls.Run(reactor, 0), Is.EqualTo(Status.Busy));
        Assert.That(ReactorCalls.Free(reactor), Is.EqualTo(Status.Busy));
        Assert.That(ReactorCalls.Stop(reactor), Is.EqualTo(Status.Ok));
        runner.Join();
        Assert.That(status, Is.EqualTo(Status.Ok));
        Assert.That(ReactorCalls.Free(reactor), Is.EqualTo(Status.Ok));
    }

    [Test]
    public void A_reactor_with_its_own_thread_is_not_run()
    {
        ulong reactor = _handles.Reactor(lent: false);
        Assert.That(ReactorCalls.Run(reactor, 0), Is.EqualTo(Status.State));
        Assert.That(ReactorCalls.Stop(reactor), Is.EqualTo(Status.Ok));
        Assert.That(ReactorCalls.Free(reactor), Is.EqualTo(Status.Ok));
    }

    [Test]
    public void Edge39_Options_out_of_range_are_refused()
    {
        Assert.That(Create(new ReactorConfig { Poll = 3 }), Is.EqualTo(Status.Argument));
        Assert.That(Create(new ReactorConfig { Lent = 2 }), Is.EqualTo(Status.Argument));
        Assert.That(Create(new ReactorConfig { CpuPlusOne = -1 }), Is.EqualTo(Status.Argument));
        Assert.That(Create(new ReactorConfig { CpuPlusOne = 1025 }), Is.EqualTo(Status.Argument));
        Assert.That(Create(new ReactorConfig { PollMaxUs = 1_000_001 }), Is.EqualTo(Status.Argument));
        Assert.That(Create(new ReactorConfig { Reserved = 1 }), Is.EqualTo(Status.Argument));

        static int Create(ReactorConfig config)
        {
            ulong reactor;
            config.Size = Handles.SizeOf<ReactorConfig>();
            int status = ReactorCalls.Create(&config, &reactor);
            Assert.That(reactor, Is.Zero);
            return status;
        }
    }

    private static ulong Turns(ulong reactor)
    {
        ReactorStats stats = new() { Size = Handles.SizeOf<ReactorStats>() };
        Assert.That(ReactorCalls.GetStats(reactor, &stats), Is.EqualTo(Status.Ok));
        return stats.Turns;
    }
}
