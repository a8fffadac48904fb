using System.Diagnostics.CodeAnalysis;
using System.Threading.Tasks.Sources;

namespace NvmeDoorbell.Doorbells;

/// <remarks>
/// The awaitable face, over the same wake word as every other sleep:
/// <code>
///  WaitAsync ── Sleep ──▶ SLEEPING ──▶ NOTIFIED ── way back ──▶ Resume ── nothing new: Sleep again
///                              ring, close or cancel: claim        │
///                                                                  └──▶ result, exactly once
/// </code>
/// Whoever wins the claim owns the completion, so the result is set once; cancellation publishes its wish and then
/// wakes, like a ring. Nothing is allocated from the second wait on.
/// </remarks>
[SuppressMessage("Design", "CA1001", Justification = "The wait's task ends with the doorbell's close, not by its follower.")]
public sealed partial class DoorbellState : IValueTaskSource<DoorbellChange>, IThreadPoolWorkItem
{
    /// <summary>Made by the first wait: a doorbell that is polled alone, as queues do, needs none.</summary>
    private WaitState? _wait;

    /// <summary>Where continuations run. Set it before the first wait.</summary>
    public ResumeOn ResumeOn { get; set; }

    /// <summary>Whether a wait under way has something to end for.</summary>
    internal bool WouldEnd => HasNews || IsCancelled;

    /// <summary>The last look before a wait sleeps: it would end, or has to be armed again.</summary>
    internal bool MustLookAgain => HasChanged || IsCancelled;

    private bool IsCancelled => Volatile.Read(ref Wait.CancelRequested) != 0;

    private WaitState Wait
    {
        get
        {
            if (Volatile.Read(ref _wait) is { } wait) return wait;
            var made = new WaitState();
            return Interlocked.CompareExchange(ref _wait, made, null) ?? made;
        }
    }

    /// <summary>Has continuations run on a reactor, which also polls for the change. Before the first wait.</summary>
    /// <param name="reactor">Runs them, in turns of a task that lasts until the doorbell closes.</param>
    public void ResumeOnReactor(Reactor reactor)
    {
        ArgumentNullException.ThrowIfNull(reactor);
        WaitState wait = Wait;
        if (wait.Awaiter is not null || wait.Task is not null)
            throw new InvalidOperationException("Where waits resume is set before the first of them.");
        wait.Task = new DoorbellWaitTask(reactor, this);
    }

    /// <summary>Waits until the value changes or the doorbell closes. One wait at a time.</summary>
    /// <param name="cancellationToken">Ends the wait with <see cref="OperationCanceledException"/>; a change is never
    /// lost by it, the next wait or poll finds it.</param>
    /// <exception cref="InvalidOperationException">The wait before this one was not finished.</exception>
    public ValueTask<DoorbellChange> WaitAsync(CancellationToken cancellationToken = default)
    {
        if (cancellationToken.IsCancellationRequested) return ValueTask.FromCanceled<DoorbellChange>(cancellationToken);
        WaitState wait = Wait;
        if (Interlocked.CompareExchange(ref wait.Waiting, 1, 0) != 0)
            throw new InvalidOperationException("A wait on this doorbell is under way; only one at a time.");
        if (TryFinish(out DoorbellChange change))
        {
            Volatile.Write(ref wait.Waiting, 0);
            return new ValueTask<DoorbellChange>(change);
        }
        if (wait.Task is null) wait.Awaiter ??= Waker.FromCallback(static state => ((DoorbellState)state!).OnWoken(), this);
        wait.Core.Reset();
        short version = wait.Core.Version;
        wait.Cancellation = cancellationToken;
        if (cancellationToken.CanBeCanceled)
            wait.Registration = cancellationToken.UnsafeRegister(static state => ((DoorbellState)state!).Cancel(), this);
        if (wait.Task is not null) wait.Task.Begin();
        else if (!TrySleep()) Resume();
        return new ValueTask<DoorbellChange>(this, version);
    }

    DoorbellChange IValueTaskSource<DoorbellChange>.GetResult(short token)
    {
        // Throws for a stale token before anything is touched, so a stale one is harmless.
        WaitState wait = Wait;
        DoorbellChange result;
        try
        {
            result = wait.Core.GetResult(token);
        }
        catch (OperationCanceledException)
        {
            Volatile.Write(ref wait.Waiting, 0);
            throw;
        }
        Volatile.Write(ref wait.Waiting, 0);
        return result;
    }

    ValueTaskSourceStatus IValueTaskSource<DoorbellChange>.GetStatus(short token) => Wait.Core.GetStatus(token);

    void IValueTaskSource<DoorbellChange>.OnCompleted(Action<object?> continuation, object? state, short token,
        ValueTaskSourceOnCompletedFlags flags) => Wait.Core.OnCompleted(continuation, state, token, flags);

    void IThreadPoolWorkItem.Execute() => Resume();

    /// <summary>Sleeps unless there is something to wake for. True: asleep, whoever claims the sleep calls back.</summary>
    private bool TrySleep()
    {
        Waker waker = Wait.Awaiter!;
        Arm(waker);
        waker.BeginSleep();
        waker.FenceSleep();
        // The last look. Without it a ring between WaitAsync's first look and SLEEPING is lost.
        return !MustLookAgain || !waker.EndSleep();
    }

    /// <summary>On the thread that claimed the sleep.</summary>
    private void OnWoken()
    {
        if (ResumeOn == ResumeOn.RingingThread) Resume();
        else ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    /// <summary>By whoever holds the claim. Sleeps on where the value went and came back before it was looked at.</summary>
    private void Resume()
    {
        while (!TryEndWait())
        {
            if (TrySleep()) return;
        }
    }

    /// <summary>Sets the result, once a wait, by its one owner. False: there is nothing to end for.</summary>
    internal bool TryEndWait()
    {
        if (TryFinish(out DoorbellChange change))
        {
            EndCancellation();
            Wait.Core.SetResult(change);
            return true;
        }
        if (Volatile.Read(ref Wait.CancelRequested) == 0) return false;
        EndCancellation();
        Wait.Core.SetException(new OperationCanceledException(Wait.Cancellation));
        return true;
    }

    private bool TryFinish(out DoorbellChange change)
    {
        DoorbellPoll look = TryPoll(out uint value);
        change = new DoorbellChange(look, value);
        return look != DoorbellPoll.Pending;
    }

    /// <summary>After this no cancellation of this wait runs, so none can reach the next one.</summary>
    private void EndCancellation()
    {
        Wait.Registration.Dispose();
        Wait.Registration = default;
        Volatile.Write(ref Wait.CancelRequested, 0);
    }

    private void Cancel()
    {
        Volatile.Write(ref Wait.CancelRequested, 1);
        (Wait.Task?.Waker ?? Wait.Awaiter!).Wake(); // fences between the wish and the look at the sleeper
    }

    /// <summary>On the thread that closes. The sleeper has been woken by its slot.</summary>
    internal void OnClosed() => Volatile.Read(ref _wait)?.Task?.Retire();

    /// <summary>What a wait needs beside the doorbell; used again by the next one.</summary>
    private sealed class WaitState
    {
        public ManualResetValueTaskSourceCore<DoorbellChange> Core; // RunContinuationsAsynchronously stays off: it allocates
        public Waker? Awaiter;
        public DoorbellWaitTask? Task;
        public CancellationToken Cancellation;
        public CancellationTokenRegistration Registration;

        /// <summary>1 from the start of a wait until its result was taken.</summary>
        public int Waiting;

        /// <summary>1: the wait is to end as cancelled.</summary>
        public int CancelRequested;
    }
}
