namespace NvmeDoorbell.Doorbells;

// Openings: from a queue's creation to its deletion.
// SAFETY: identifiers are checked against the number of slots, and the slots are never unmapped.
public sealed unsafe partial class DoorbellMemory
{
    /// <summary>Opens a doorbell for a new queue: its value is 0, in its home's EventIdx too (edge: a queue of the same
    /// identifier may have left another).</summary>
    /// <param name="id">Number of the doorbell.</param>
    /// <param name="limit">Values below it are taken: the queue's number of entries.</param>
    /// <returns>The one follower of this opening.</returns>
    /// <exception cref="ArgumentOutOfRangeException">No such doorbell, or a limit outside 2 to 65,536.</exception>
    /// <exception cref="InvalidOperationException">The doorbell is open.</exception>
    /// <exception cref="ObjectDisposedException">The memory was disposed.</exception>
    public DoorbellState Open(int id, uint limit) => Open(id, limit, DoorbellPosition.AtStart);

    /// <summary>Opens a doorbell that goes on from a position.</summary>
    internal DoorbellState Open(int id, uint limit, in DoorbellPosition position)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 2u);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(limit, MaxLimit);
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_count == 0, this);
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)id, (uint)_count, nameof(id));
            if (_states[id] is not null) throw new InvalidOperationException($"Doorbell {id} is open already.");

            DoorbellSlot* slot = _slots + id;
            uint generation = Home.Generation(Volatile.Read(ref slot->Home)) + 1;
            Volatile.Write(ref slot->Waker, Nobody);
            Volatile.Write(ref slot->Seen, DoorbellState.SeenWord(Home.Closed(generation), position.Seen));
            Volatile.Write(ref slot->Limit, limit);
            Volatile.Write(ref slot->Posted, position.Posted);
            ulong home = NewHome(id, Home.Closed(generation), out nint eventIdx);
            Volatile.Write(ref *(uint*)Home.Cell(home), position.Value);
            if (eventIdx != 0) Volatile.Write(ref *(uint*)eventIdx, 0u);
            if (_leftInShadow is { } left) left[id] = position.LeftInPage;
            Volatile.Write(ref slot->EventIdx, eventIdx);
            // Release, pairs with R1: whoever sees this home sees the cell's first value and the limit.
            Volatile.Write(ref slot->Home, home);
            var state = new DoorbellState(this, slot, id, generation, position.Seen);
            _states[id] = state;
            return state;
        }
    }

    /// <summary>Closes a doorbell: later rings have no effect, the follower is woken and finds it closed.</summary>
    /// <param name="id">Number of the doorbell; closed or unknown ones are left as they are.</param>
    public void Close(int id)
    {
        lock (_gate)
        {
            if ((uint)id < (uint)_count) CloseLocked(id);
        }
    }

    private void CloseLocked(int id)
    {
        if (_states[id] is not { } state) return;
        _states[id] = null;
        DoorbellSlot* slot = _slots + id;
        ulong old = Volatile.Read(ref slot->Home);
        Volatile.Write(ref slot->Home, Home.Closed(Home.Generation(old)));
        // Second: a ring that is refused by this limit finds the home closed, and does not blame its value.
        Volatile.Write(ref slot->Limit, 0u);
        // Between the closed home and the look at the sleeper, as in a ring; and, where the home was guest RAM, between
        // it and the look at the follower's Looking, whose side has no fence of its own.
        StoreLoad.SleeperFence(!_symmetric && !Home.IsDirect(old));
        WakeAnyway(slot);
        if (!Home.IsDirect(old)) AwaitVisitors(slot); // the page is not touched for this doorbell once this returns
        Volatile.Write(ref slot->EventIdx, 0);
        state.OnClosed();
    }

    /// <summary>Where a doorbell keeps its value from now on: stays where it is, if that is in memory of ours still.</summary>
    private ulong NewHome(int id, ulong old, out nint eventIdx)
    {
        uint generation = Home.Generation(old);
        if (TryShadowCells(id, out nint cell, out eventIdx)) return Home.Of(generation, cell, direct: false);
        return Home.IsDirect(old) ? old : Home.Of(generation, OwnCell(id), direct: true);
    }

    /// <summary>
    /// A cell of ours: in the page that a guest maps where there is one, else private. Private cells are taken in turn, by
    /// openings and by returns from a shadow page alike: a ring that has stalled since an earlier home stores where nobody
    /// looks, and finds another home word than its own, unless it has slept through sixteen homes of the one doorbell.
    /// </summary>
    private nint OwnCell(int id) => _mappedPage != 0
        ? _mappedPage + ((nint)id << _strideShift)
        : (nint)(&_slots[id].FirstCell + ++_ownCells[id] % DoorbellSlot.CellCount);
}
