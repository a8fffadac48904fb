namespace NvmeDoorbell.Memory;

/// <summary>
/// Memory of ours in the place of guest memory that is not mapped, for one transfer: filled from the guest before the
/// device reads it, or written out to the guest after the device has filled it.
/// </summary>
/// <remarks>One thread at a time. The memory is taken from the system as it is used, and kept for the next transfer.</remarks>
internal sealed class BounceBuffer(GuestMemory memory, uint maxBytes) : IDisposable
{
    private readonly List<Piece> _pieces = [];
    private NativeBlock? _block;
    private GuestAccess _access;
    private int _usedBytes;

    /// <summary>There is something to be written out to the guest.</summary>
    public bool IsFilledByDevice => _usedBytes != 0 && _access == GuestAccess.ReadWrite;

    /// <summary>Begins another transfer; what was there is forgotten.</summary>
    public void Begin(GuestAccess access)
    {
        _pieces.Clear();
        _usedBytes = 0;
        _access = access;
    }

    /// <summary>Takes the place of a stretch of guest memory.</summary>
    /// <returns>False: not all of it is guest memory with that access, or there is no room.</returns>
    public bool TryAdd(ulong guestAddress, uint lengthBytes, out nint host)
    {
        host = 0;
        if (lengthBytes > maxBytes - (uint)_usedBytes || !memory.IsReachable(guestAddress, lengthBytes, _access))
            return false;
        _block ??= new NativeBlock(maxBytes, GuestMemory.PageBytes);
        host = _block.Address + _usedBytes;
        if (_pieces is [.., var last] && last.GuestAddress + (uint)last.LengthBytes == guestAddress)
            _pieces[^1] = last with { LengthBytes = last.LengthBytes + (int)lengthBytes };
        else
            _pieces.Add(new Piece(guestAddress, _usedBytes, (int)lengthBytes));
        _usedBytes += (int)lengthBytes;
        return true;
    }

    /// <summary>
    /// All stretches are known. Copies what the guest has there; where the device is to fill the memory, it is cleared,
    /// so that nothing of another transfer gets out.
    /// </summary>
    public bool TryPrepare()
    {
        if (_usedBytes == 0)
            return true;
        if (_access == GuestAccess.ReadWrite)
        {
            _block!.Span[.._usedBytes].Clear();
            return true;
        }
        foreach (Piece piece in _pieces)
        {
            if (!memory.TryRead(piece.GuestAddress, _block!.Span.Slice(piece.Offset, piece.LengthBytes)))
                return false;
        }
        return true;
    }

    /// <summary>Writes what the device has left here out to the guest, once.</summary>
    public bool TryWriteOut()
    {
        bool isWritten = true;
        foreach (Piece piece in _pieces)
            isWritten = isWritten && memory.TryWrite(piece.GuestAddress, _block!.Span.Slice(piece.Offset, piece.LengthBytes));
        Begin(_access);
        return isWritten;
    }

    /// <inheritdoc/>
    public void Dispose() => _block?.Dispose();

    private readonly record struct Piece(ulong GuestAddress, int Offset, int LengthBytes);
}
