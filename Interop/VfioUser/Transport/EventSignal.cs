namespace NvmeDoorbell.VfioUser.Transport;

/// <summary>An eventfd: a counter that one side adds to and the other side waits for.</summary>
internal sealed class EventSignal : IDisposable
{
    private const int GetFlags = 3; // F_GETFL
    private const int NonBlocking = 0x800; // O_NONBLOCK
    private const string EventLink = "anon_inode:[eventfd]";

    private readonly Descriptor _descriptor;
    private readonly bool _mayBlock;

    private EventSignal(Descriptor descriptor)
    {
        _descriptor = descriptor;
        _mayBlock = (Libc.Control(descriptor, GetFlags, 0) & NonBlocking) == 0;
    }

    /// <summary>Its descriptor, for polling.</summary>
    public int Number => _descriptor.Number;

    /// <summary>Takes over a descriptor that a client has sent.</summary>
    /// <returns>False: it is no eventfd. A write to anything else may block for as long as its reader likes.</returns>
    public static bool TryTake(Descriptor descriptor, out EventSignal? signal)
    {
        bool isEvent = File.ResolveLinkTarget($"/proc/self/fd/{descriptor.Number}", returnFinalTarget: false)?.Name == EventLink;
        signal = isEvent ? new EventSignal(descriptor) : null;
        if (!isEvent)
            descriptor.Dispose();
        return isEvent;
    }

    /// <summary>Adds 1. A counter that is full is left so: whoever waits for it has been told. From any thread.</summary>
    /// <returns>False: disposed meanwhile.</returns>
    public bool Signal()
    {
        try
        {
            if (!_mayBlock || CanWrite())
                _ = Libc.WriteCounter(_descriptor, 1, sizeof(ulong));
            return true;
        }
        catch (ObjectDisposedException)
        {
            return false;
        }
    }

    /// <summary>Sets the counter to 0, without waiting.</summary>
    /// <returns>Whether it was another.</returns>
    public bool Drain()
    {
        Span<Libc.PollEntry> entries = [new() { Descriptor = Number, Events = Libc.PollIn }];
        return Libc.Poll(entries, 1, 0) > 0
            && Libc.ReadCounter(_descriptor, out ulong count, sizeof(ulong)) == sizeof(ulong) && count != 0;
    }

    /// <summary>
    /// Takes back what nobody has read yet. Not where the reader may block: it would wait for what it has just seen.
    /// </summary>
    /// <returns>Whether there was anything.</returns>
    public bool TryWithdraw() => !_mayBlock && Drain();

    /// <summary>
    /// Lets it go. A writer that a full counter holds (the client has filled it between the look and the write) is let
    /// go first.
    /// </summary>
    public void Dispose()
    {
        if (_descriptor.IsClosed)
            return;
        if (_mayBlock && !CanWrite())
            Drain();
        _descriptor.Dispose();
    }

    private bool CanWrite()
    {
        Span<Libc.PollEntry> entries = [new() { Descriptor = Number, Events = Libc.PollOut }];
        return Libc.Poll(entries, 1, 0) > 0;
    }
}
