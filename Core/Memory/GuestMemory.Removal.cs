using System.Diagnostics;

namespace NvmeDoorbell.Memory;

/// <remarks>
/// Giving a region back:
/// <code>
///  M1 publish the table without it; tell subscribers (shadow homes leave)
///  M2 process-wide barrier
///  M3 wait until every turn that was under way has ended
///  M4 wait until every transfer has ended that had begun by then
/// </code>
/// A turn enters by a plain store (its fence is M2's, run on its processor), so it costs a look-up nothing. A turn that
/// M3 does not see has entered after M2 and finds the new table. Transfers are counted under one of two numbers that a
/// removal exchanges: it waits for the old one only, so that new transfers cannot hold it up for ever.
/// </remarks>
public sealed partial class GuestMemory
{
    private readonly Lock _removalGate = new();
    private readonly List<GuestMemoryUser> _users = [];
    private readonly List<Action> _subscribers = [];

    /// <summary>Which of the two numbers transfers are counted under now: 0 or 1.</summary>
    private int _epoch;

    /// <summary>Copies under way from threads without a turn, for each number.</summary>
    private int _visits0;
    private int _visits1;

    internal int Epoch => Volatile.Read(ref _epoch);

    /// <summary>Removes a region and waits until nothing here uses it any more.</summary>
    /// <param name="guestAddress">Its first guest address.</param>
    /// <param name="lengthBytes">Its length.</param>
    /// <param name="timeout">How long to wait for commands under way.</param>
    public GuestMemoryRemoval RemoveRegion(ulong guestAddress, ulong lengthBytes, TimeSpan timeout)
    {
        if (IsUsedByCaller()) return GuestMemoryRemoval.WrongThread;
        lock (_removalGate)
        {
            lock (_gate)
            {
                bool found = _table.TryFind(guestAddress, out RegionTable.Region region)
                    && region.Start == guestAddress && region.LengthBytes == lengthBytes;
                if (found) Publish(_table.Without(guestAddress)); // M1
                else if (!_leaving.Remove((guestAddress, lengthBytes))) return GuestMemoryRemoval.NotFound;
            }
            NotifySubscribers();
            if (TryQuiesce(timeout)) return GuestMemoryRemoval.Removed;
            _leaving.Add((guestAddress, lengthBytes));
            return GuestMemoryRemoval.Busy;
        }
    }

    /// <summary>Regions whose removal found them busy, and that will be asked for again.</summary>
    private readonly HashSet<(ulong Start, ulong LengthBytes)> _leaving = [];

    /// <summary>A thread whose tasks will use host addresses in their turns.</summary>
    internal GuestMemoryUser AddUser()
    {
        var user = new GuestMemoryUser(this);
        lock (_gate) _users.Add(user);
        return user;
    }

    internal void RemoveUser(GuestMemoryUser user)
    {
        lock (_gate) _users.Remove(user);
    }

    /// <summary>Calls back, on the thread that changes them, whenever regions have changed.</summary>
    internal void Subscribe(Action onRegionsChanged)
    {
        lock (_gate) _subscribers.Add(onRegionsChanged);
    }

    /// <summary>A call that is under way may still come after this.</summary>
    internal void Unsubscribe(Action onRegionsChanged)
    {
        lock (_gate) _subscribers.Remove(onRegionsChanged);
    }

    private void NotifySubscribers()
    {
        Action[] subscribers;
        lock (_gate) subscribers = [.. _subscribers];
        foreach (Action subscriber in subscribers) subscriber();
    }

    private GuestMemoryUser[] Users()
    {
        lock (_gate) return [.. _users];
    }

    private bool IsUsedByCaller() => Array.Exists(Users(), user => user.IsEnteredByCaller);

    private bool TryQuiesce(TimeSpan timeout)
    {
        long start = Stopwatch.GetTimestamp();
        Interlocked.MemoryBarrierProcessWide(); // M2
        GuestMemoryUser[] users = Users();
        foreach (GuestMemoryUser user in users) // M3
        {
            int turn = user.Turn;
            if (!WaitFor(() => user.HasLeft(turn), start, timeout)) return false;
        }
        // M4. Left-overs of a removal that timed out are counted under the other number.
        if (!WaitFor(() => AreTransfersOver(users, Epoch ^ 1), start, timeout)) return false;
        int old = Epoch;
        Interlocked.Exchange(ref _epoch, old ^ 1);
        return WaitFor(() => AreTransfersOver(users, old), start, timeout);
    }

    private bool AreTransfersOver(GuestMemoryUser[] users, int epoch) =>
        Volatile.Read(ref epoch == 0 ? ref _visits0 : ref _visits1) == 0
        && Array.TrueForAll(users, user => user.Transfers(epoch) == 0);

    private static bool WaitFor(Func<bool> done, long start, TimeSpan timeout)
    {
        var spinner = new SpinWait();
        while (!done())
        {
            if (Stopwatch.GetElapsedTime(start) > timeout) return false;
            spinner.SpinOnce();
        }
        return true;
    }

    /// <summary>A copy from any thread: counted, so that a removal waits for it.</summary>
    private Visit EnterVisit()
    {
        int epoch = Epoch;
        ref int visits = ref epoch == 0 ? ref _visits0 : ref _visits1;
        // Full fence: the count is visible before the table is read. A removal that has found this number at 0 before has
        // published the new table before that: then the visit reads the new one, whichever number it is counted under.
        Interlocked.Increment(ref visits);
        return new Visit(this, epoch);
    }

    private readonly ref struct Visit(GuestMemory memory, int epoch)
    {
        public void Dispose() =>
            Interlocked.Decrement(ref epoch == 0 ? ref memory._visits0 : ref memory._visits1);
    }
}
