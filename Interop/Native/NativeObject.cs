namespace NvmeDoorbell.Interop.Native;

/// <summary>
/// What a handle stands for, with the count of the calls that are inside it.
/// </summary>
/// <remarks>
/// <code>
///            Enter: +1, Leave: -1
///              +------+
///              |      v
///   Add -->  open, n users  -- Free: +Closing -->  closing, n users  -- n = 0, Release ok -->  freed
///                  ^                                       |
///                  +----- users stayed, or Release said no -+
/// </code>
/// Invariants:
/// 1. Release runs with no user inside and no new one able to enter; so an object is never torn down under a call.
/// 2. freed is final. The garbage collector keeps the memory of the object as long as a late caller looks at it, so a
///    look-up needs no other protection than the compare of the handle.
/// 3. References (objects that hold this one: a controller its memory) only grow from inside a call, so they cannot
///    grow once closing has seen n = 0.
/// </remarks>
internal abstract class NativeObject
{
    private const int Closing = 1 << 30;
    private const int Freed = int.MinValue;
    private const int UserMask = Closing - 1;
    private static readonly TimeSpan UserTimeout = TimeSpan.FromSeconds(1);

    // Calls of this thread that are inside any object: a free from a callback must not wait for its own caller.
    [ThreadStatic]
    private static int _depth;

    private int _state;
    private int _references;

    /// <summary>The handle, set once by the table before anyone else can see the object.</summary>
    public ulong Handle { get; internal set; }

    /// <summary>Calls now inside the object.</summary>
    public int Users => Volatile.Read(ref _state) & UserMask;

    /// <summary>Counts a call in. Another status than Ok: it must not go on, and must not leave.</summary>
    public int Enter()
    {
        var state = Volatile.Read(ref _state);
        while (true)
        {
            if (state < 0)
                return Status.Handle;
            if ((state & Closing) != 0)
                return Status.Closed;
            // Pairs with the CompareExchange that sets Closing: either this count is seen there, or Closing here.
            var seen = Interlocked.CompareExchange(ref _state, state + 1, state);
            if (seen == state)
            {
                _depth++;
                return Status.Ok;
            }

            state = seen;
        }
    }

    /// <summary>Counts a call out.</summary>
    public void Leave()
    {
        _depth--;
        Interlocked.Decrement(ref _state);
    }

    /// <summary>Another object holds this one from now on. Only from inside a call.</summary>
    public void AddReference() => Interlocked.Increment(ref _references);

    /// <summary>The other object has let go.</summary>
    public void DropReference() => Interlocked.Decrement(ref _references);

    /// <summary>
    /// Ends the object: waits until every call has left it (a second at most, and not at all from a callback), then
    /// releases it.
    /// </summary>
    /// <returns>Ok: freed. Closed: another thread is freeing it. Busy or what Release said: nothing changed.</returns>
    public int Free()
    {
        int permission = MayFree();
        if (permission != Status.Ok)
            return permission;
        if (Volatile.Read(ref _references) != 0)
            return LastError.Set(Status.Busy, "Another object still uses this one.");
        var state = Volatile.Read(ref _state);
        while (true)
        {
            if (state < 0)
                return LastError.Set(Status.Handle, "The handle has been freed.");
            if ((state & Closing) != 0)
                return LastError.Set(Status.Closed, "Another thread is freeing the object.");
            var seen = Interlocked.CompareExchange(ref _state, state | Closing, state);
            if (seen == state)
                break;
            state = seen;
        }

        var status = Status.Internal;
        try
        {
            status = WaitForUsers() ? Release() : LastError.Set(Status.Busy, "Calls are still inside the object.");
        }
        finally
        {
            if (status == Status.Ok)
                Volatile.Write(ref _state, Freed);
            else
                Interlocked.And(ref _state, ~Closing);
        }

        return status;
    }

    /// <summary>Asked before anything else: a free that can be refused at once, without waiting for calls inside.</summary>
    protected virtual int MayFree() => Status.Ok;

    /// <summary>Tears the object down. Anything but Ok means that it lives on unchanged.</summary>
    protected abstract int Release();

    private bool WaitForUsers()
    {
        if (_depth == 0 && Users != 0)
        {
            var deadline = Environment.TickCount64 + (long)UserTimeout.TotalMilliseconds;
            var spin = default(SpinWait);
            while (Users != 0 && Environment.TickCount64 < deadline)
                spin.SpinOnce();
        }

        return Users == 0 && Volatile.Read(ref _references) == 0;
    }
}
