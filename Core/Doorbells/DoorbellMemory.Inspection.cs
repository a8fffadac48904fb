namespace NvmeDoorbell.Doorbells;

/// <content>Looks at doorbells from outside.</content>
// SAFETY: slots lie in a block that is never unmapped; homes are replaced under the lock that a look holds, so a page
// of guest RAM is not given back while one reads it. Waker cells are pooled and never unmapped.
public sealed unsafe partial class DoorbellMemory
{
    /// <summary>A doorbell as it is now. Any thread; takes the lock that opens, closes and home switches take.</summary>
    /// <param name="id">Number of the doorbell.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no doorbell of that number.</exception>
    public DoorbellSnapshot GetSnapshot(int id)
    {
        lock (_gate)
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)id, (uint)_count, nameof(id));
            DoorbellSlot* slot = _slots + (uint)id;
            ulong home = Volatile.Read(ref slot->Home);
            if (Home.IsClosed(home))
                return new DoorbellSnapshot(id, DoorbellHomeKind.Closed, 0, null, 0, DoorbellSleeper.None);
            uint value = Volatile.Read(ref *(uint*)Home.Cell(home)) & ValueMask;
            var eventIdx = (uint*)Volatile.Read(ref slot->EventIdx);
            return new DoorbellSnapshot(
                id,
                !Home.IsDirect(home) ? DoorbellHomeKind.Shadow
                    : _mappedPage != 0 ? DoorbellHomeKind.Mapped
                    : DoorbellHomeKind.Private,
                value,
                eventIdx != null ? Volatile.Read(ref *eventIdx) : null,
                Volatile.Read(ref slot->Limit),
                SleeperOf(slot));
        }
    }

    private DoorbellSleeper SleeperOf(DoorbellSlot* slot)
    {
        var waker = (WakerCell*)Volatile.Read(ref slot->Waker);
        if (waker == null || (nint)waker == Nobody) return DoorbellSleeper.None;
        return (Volatile.Read(ref waker->State) & WakerCell.StateMask) switch
        {
            WakerCell.Sleeping => DoorbellSleeper.Asleep,
            WakerCell.Notified => DoorbellSleeper.Woken,
            _ => DoorbellSleeper.Awake,
        };
    }
}
