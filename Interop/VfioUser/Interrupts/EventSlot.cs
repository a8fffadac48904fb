using NvmeDoorbell.VfioUser.Transport;

namespace NvmeDoorbell.VfioUser.Interrupts;

/// <summary>
/// The eventfd of one vector: set and taken away by the session, signalled by any thread. A signal that meets an
/// exchange goes to the old eventfd or to the new one.
/// </summary>
internal sealed class EventSlot : IDisposable
{
    private EventSignal? _signal;

    /// <summary>Whether there is one.</summary>
    public bool IsSet => Volatile.Read(ref _signal) is not null;

    /// <summary>Its descriptor, or -1.</summary>
    public int Number => Volatile.Read(ref _signal)?.Number ?? -1;

    /// <summary>Sets it, or with null takes it away. What was there is closed.</summary>
    public void Set(EventSignal? signal) => Interlocked.Exchange(ref _signal, signal)?.Dispose();

    /// <summary>Signals it, if there is one.</summary>
    public void Signal()
    {
        while (Volatile.Read(ref _signal) is { } signal && !signal.Signal())
        {
            // disposed since it was read: another one, or none, is there by now
        }
    }

    /// <summary>Takes what the other side has signalled.</summary>
    public void Drain() => Volatile.Read(ref _signal)?.Drain();

    /// <summary>Takes back a signal of ours that the other side has not seen yet.</summary>
    public bool TryWithdraw() => Volatile.Read(ref _signal) is { } signal && signal.TryWithdraw();

    /// <inheritdoc/>
    public void Dispose() => Set(null);
}
