using NvmeDoorbell.Memory;

namespace NvmeDoorbell.Doorbells;

/// <remarks>
/// Doorbells that go on in another memory, with another process around it. Their values move by the embedder's bytes; a
/// page of guest RAM moves by itself, and the guest may have written to it since. So a restored memory begins in private
/// homes, knowing what it has left in the page, and takes the page as one that comes back: what the guest has written
/// since wins, what it has not is ours. The page is taken when the device goes on, not before: until then the guest's RAM
/// may not be there.
/// </remarks>
// SAFETY: identifiers are checked against the number of slots, and the slots are never unmapped; a page of guest RAM is
// read under the lock that home switches take, so it is not given back meanwhile.
public sealed unsafe partial class DoorbellMemory
{
    private bool _isPrepared; // the pages are known, and not looked at before UsePrepared

    /// <summary>Guest addresses of the shadow pages that Doorbell Buffer Config has named, there or away; null: none.</summary>
    internal (ulong Shadow, ulong EventIdx)? ShadowPages
    {
        get
        {
            lock (_gate)
                return _guest is null ? null : (_shadowAddress, _eventIdxAddress);
        }
    }

    /// <summary>Where an open doorbell stands. Its follower does nothing meanwhile.</summary>
    internal DoorbellPosition GetPosition(int id)
    {
        lock (_gate)
        {
            DoorbellSlot* slot = _slots + id;
            ulong home = Volatile.Read(ref slot->Home);
            uint value = Volatile.Read(ref *(uint*)Home.Cell(home)) & ValueMask;
            uint left = !Home.IsDirect(home) ? value : _leftInShadow?[id] ?? NothingLeft;
            return new DoorbellPosition(value, _states[id]!.Value, Volatile.Read(ref slot->Posted), left);
        }
    }

    /// <summary>
    /// Names the shadow pages that a restored guest uses, before its doorbells are opened; <see cref="UsePrepared"/> takes
    /// them. While every doorbell is closed.
    /// </summary>
    internal void PrepareShadow(GuestMemory memory, ulong shadowAddress, ulong eventIdxAddress)
    {
        lock (_gate)
        {
            Forget();
            _guest = memory;
            (_shadowAddress, _eventIdxAddress) = (shadowAddress, eventIdxAddress);
            _shadowLengthBytes = GuestMemory.PageBytes;
            _leftInShadow = new uint[_states.Length];
            Array.Fill(_leftInShadow, NothingLeft);
            _isPrepared = true;
        }
    }

    /// <summary>Takes the pages of <see cref="PrepareShadow"/>, now or when they come into the guest's memory map.</summary>
    internal void UsePrepared()
    {
        lock (_gate)
        {
            if (!_isPrepared) return;
            _isPrepared = false;
            _guest!.Subscribe(OnRegionsChanged);
            OnRegionsChanged();
        }
    }
}
