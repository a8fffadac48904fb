using NvmeDoorbell.Doorbells;

namespace NvmeDoorbell.Controller;

/// <summary>How an embedder's call waits for what reactors bring about.</summary>
internal static class ReactorWait
{
    // A disk that keeps a request for longer has its request, and the wait for it, given up.
    public static readonly TimeSpan Timeout = TimeSpan.FromSeconds(10);

    /// <exception cref="InvalidOperationException">The caller is on the thread of one of the reactors.</exception>
    public static void ThrowIfOn(IEnumerable<Reactor> reactors)
    {
        foreach (Reactor reactor in reactors)
        {
            if (reactor.IsOwnThread)
                throw new InvalidOperationException("A reactor's own thread would wait for itself.");
        }
    }

    /// <summary>Waits; lent reactors that nobody runs are run meanwhile.</summary>
    /// <param name="reactors">The reactors that bring it about.</param>
    /// <param name="done">What is waited for.</param>
    /// <param name="otherwise">What to say after that time.</param>
    /// <param name="timeout">The longest that it takes; null: 10 s.</param>
    /// <exception cref="TimeoutException">It has not come about.</exception>
    public static void Until(IReadOnlyCollection<Reactor> reactors, Func<bool> done, string otherwise, TimeSpan? timeout = null)
    {
        var spin = new SpinWait();
        long deadline = Environment.TickCount64 + (long)(timeout ?? Timeout).TotalMilliseconds;
        while (!done())
        {
            if (Environment.TickCount64 > deadline)
                throw new TimeoutException(otherwise);
            spin.SpinOnce();
            foreach (Reactor reactor in reactors)
                reactor.Drive(done, TimeSpan.FromMilliseconds(1));
        }
    }
}
