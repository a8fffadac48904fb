// CA2012: these tests are about what a ValueTask of ours does when it is held, copied and looked at.
#pragma warning disable CA2012
using System.Threading.Tasks.Sources;
using NvmeDoorbell.Doorbells;

namespace NvmeDoorbell.Tests.Doorbells;

[TestFixture(DoorbellBarrier.Asymmetric)]
[TestFixture(DoorbellBarrier.Symmetric)]
public sealed class WaitAsyncTests(DoorbellBarrier barrier)
{
    private DoorbellMemory _memory = null!;
    private DoorbellState _state = null!;

    [SetUp]
    public void SetUp()
    {
        _memory = new DoorbellMemory(4, 0, barrier);
        _state = _memory.Open(1, 65536);
    }

    [TearDown]
    public void TearDown() => _memory.Dispose();

    [Test]
    public void A_change_that_is_there_already_needs_no_wait()
    {
        _memory.Ring(1, 3);
        ValueTask<DoorbellChange> wait = _state.WaitAsync();
        Assert.That(wait.IsCompleted, Is.True);
        Assert.That(wait.Result, Is.EqualTo(new DoorbellChange(DoorbellPoll.Ready, 3)));
    }

    [Test]
    public async Task A_ring_ends_the_wait([Values] ResumeOn resumeOn)
    {
        _state.ResumeOn = resumeOn;
        for (uint i = 1; i <= 100; i++)
        {
            ValueTask<DoorbellChange> wait = _state.WaitAsync();
            Assert.That(wait.IsCompleted, Is.False);
            _memory.Ring(1, i);
            Assert.That(await wait, Is.EqualTo(new DoorbellChange(DoorbellPoll.Ready, i)));
        }
    }

    [Test]
    public void Edge12_The_continuation_runs_on_the_ringing_thread_only_where_asked()
    {
        Assert.That(ContinuationThread(ResumeOn.RingingThread), Is.EqualTo(Environment.CurrentManagedThreadId));
        Assert.That(ContinuationThread(ResumeOn.ThreadPool), Is.Not.EqualTo(Environment.CurrentManagedThreadId));
    }

    private int ContinuationThread(ResumeOn resumeOn)
    {
        _memory.Close(1);
        _state = _memory.Open(1, 16);
        _state.ResumeOn = resumeOn;
        int thread = 0;
        ValueTask<DoorbellChange> wait = _state.WaitAsync();
        var awaiter = wait.ConfigureAwait(false).GetAwaiter();
        awaiter.UnsafeOnCompleted(() => Volatile.Write(ref thread, Environment.CurrentManagedThreadId));
        _memory.Ring(1, 3);
        Wait.Until(() => Volatile.Read(ref thread) != 0, "the continuation");
        awaiter.GetResult();
        return thread;
    }

    [Test]
    public async Task Waits_resume_on_a_reactor_where_asked([Values] ReactorPolling polling)
    {
        using var reactor = new Reactor(new ReactorOptions { Polling = polling });
        _state.ResumeOnReactor(reactor);
        uint seen = 0;
        bool onReactor = true;
        Task follower = FollowAsync();
        for (uint i = 1; i <= 200; i++)
        {
            uint value = i;
            _memory.Ring(1, value);
            Wait.Until(() => Volatile.Read(ref seen) == value, $"value {value}");
        }
        _memory.Close(1);
        await follower;
        Assert.That(onReactor, Is.True);
        Wait.Until(() => reactor.TaskCount == 0, "the wait's task to leave with its doorbell");

        async Task FollowAsync()
        {
            while (await _state.WaitAsync().ConfigureAwait(false) is { Outcome: DoorbellPoll.Ready } change)
            {
                onReactor &= reactor.IsOwnThread;
                Volatile.Write(ref seen, change.Value);
            }
        }
    }

    [Test]
    public async Task Cancellation_reaches_a_wait_on_a_reactor()
    {
        using var reactor = new Reactor(new ReactorOptions { Polling = ReactorPolling.Never });
        _state.ResumeOnReactor(reactor);
        using var source = new CancellationTokenSource();
        Task<DoorbellChange> wait = _state.WaitAsync(source.Token).AsTask();
        await source.CancelAsync();
        Assert.That(async () => await wait, Throws.InstanceOf<OperationCanceledException>());
        Task<DoorbellChange> next = _state.WaitAsync().AsTask();
        _memory.Ring(1, 4);
        Assert.That((await next).Value, Is.EqualTo(4));
        _memory.Close(1);
        Wait.Until(() => reactor.TaskCount == 0, "the wait's task to leave with its doorbell");
    }

    [Test]
    public async Task Edge11_A_close_ends_the_wait_as_closed()
    {
        ValueTask<DoorbellChange> wait = _state.WaitAsync();
        _memory.Close(1);
        Assert.That((await wait).Outcome, Is.EqualTo(DoorbellPoll.Closed));
        Assert.That((await _state.WaitAsync()).Outcome, Is.EqualTo(DoorbellPoll.Closed));
    }

    [Test]
    public async Task Edge11_Cancellation_ends_the_wait_and_loses_no_change()
    {
        using var source = new CancellationTokenSource();
        ValueTask<DoorbellChange> wait = _state.WaitAsync(source.Token);
        await source.CancelAsync();
        Assert.That(async () => await wait, Throws.InstanceOf<OperationCanceledException>());
        _memory.Ring(1, 9);
        Assert.That(await _state.WaitAsync(), Is.EqualTo(new DoorbellChange(DoorbellPoll.Ready, 9)));
    }

    [Test]
    public void A_cancelled_token_is_refused_at_once()
    {
        Assert.That(async () => await _state.WaitAsync(new CancellationToken(true)),
            Throws.InstanceOf<OperationCanceledException>());
        Assert.That(_state.WaitAsync().IsCompleted, Is.False, "the refused wait is not under way");
    }

    [Test]
    public async Task Edge13_A_value_that_went_and_came_back_is_no_change()
    {
        using var never = new CancellationTokenSource();
        _state.ResumeOn = ResumeOn.RingingThread;
        ValueTask<DoorbellChange> wait = _state.WaitAsync(never.Token);
        _memory.Kick(1);
        Assert.That(wait.IsCompleted, Is.False);
        _memory.Ring(1, 2);
        Assert.That((await wait).Value, Is.EqualTo(2));
    }

    [Test]
    public void Where_waits_resume_is_set_before_the_first_of_them()
    {
        using var reactor = new Reactor(new ReactorOptions { OwnThread = false });
        DoorbellState other = _memory.Open(2, 16);
        other.ResumeOnReactor(reactor);
        Assert.That(() => other.ResumeOnReactor(reactor), Throws.InvalidOperationException);
        _ = _state.WaitAsync();
        Assert.That(() => _state.ResumeOnReactor(reactor), Throws.InvalidOperationException);
        _memory.Close(2);
        Assert.That(reactor.Drive(() => reactor.TaskCount == 0, TimeSpan.FromSeconds(30)), Is.True);
    }

    [Test]
    public async Task One_wait_at_a_time_and_a_stale_token_is_harmless()
    {
        ValueTask<DoorbellChange> first = _state.WaitAsync();
        Assert.That(() => { _ = _state.WaitAsync(); }, Throws.InvalidOperationException);
        _memory.Ring(1, 1);
        ValueTask<DoorbellChange> copy = first;
        await first;
        ValueTask<DoorbellChange> second = _state.WaitAsync();
        Assert.That(() => copy.Result, Throws.InvalidOperationException);
        _memory.Ring(1, 2);
        Assert.That((await second).Value, Is.EqualTo(2));
    }

    [Test]
    public void Nothing_is_allocated_from_the_second_wait_on([Values] bool raw)
    {
        const int Cycles = 20_000;
        _state.ResumeOn = ResumeOn.RingingThread;
        int resumed = 0;
        Action onResumed = () => resumed++;
        Action<object?> onRaw = _ => resumed++;
        Cycle(Cycles); // warm-up: the waker, and the jit
        long before = GC.GetAllocatedBytesForCurrentThread();
        Cycle(Cycles);
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);
        Assert.That(resumed, Is.EqualTo(2 * Cycles));

        void Cycle(int count)
        {
            for (int i = 0; i < count; i++)
            {
                ValueTask<DoorbellChange> wait = _state.WaitAsync();
                if (raw)
                {
                    ((IValueTaskSource<DoorbellChange>)_state).OnCompleted(onRaw, null, RawToken(wait),
                        ValueTaskSourceOnCompletedFlags.FlowExecutionContext);
                    _memory.Ring(1, _state.Value ^ 1);
                    _ = wait.Result;
                }
                else
                {
                    var awaiter = wait.ConfigureAwait(false).GetAwaiter();
                    awaiter.UnsafeOnCompleted(onResumed);
                    _memory.Ring(1, _state.Value ^ 1);
                    awaiter.GetResult();
                }
            }
        }
    }

    /// <summary>The token inside a ValueTask; there is no other way to the raw path with the right version.</summary>
    private static short RawToken(ValueTask<DoorbellChange> wait) => GetToken(ref wait);

    [System.Runtime.CompilerServices.UnsafeAccessor(System.Runtime.CompilerServices.UnsafeAccessorKind.Field, Name = "_token")]
    private static extern ref short GetToken(ref ValueTask<DoorbellChange> wait);
}
