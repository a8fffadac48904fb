using System.Runtime.InteropServices;
using NvmeDoorbell.Memory;
using NvmeDoorbell.VfioUser.Messages;
using NvmeDoorbell.VfioUser.Transport;

namespace NvmeDoorbell.VfioUser.Dma;

/// <summary>
/// Memory of the client that came without a descriptor: read and written by <c>VFIO_USER_DMA_READ</c> and
/// <c>VFIO_USER_DMA_WRITE</c>, each access a message and its reply.
/// </summary>
/// <remarks>
/// <para>The session's thread receives the replies, so it must never wait for a thread that waits here: while it resets
/// or ends the device, <see cref="Refuse"/> ends every wait and lets none begin. A write is waited for as well, because
/// the interrupt that tells of it goes past the socket. Where that thread runs a task's turn itself, it receives
/// here.</para>
/// <para>Thread-safety: every member from any thread, but <see cref="OnReply"/> from the session's.</para>
/// </remarks>
internal sealed class MessageMemory : IRemoteMemory, IDisposable
{
    // The index of the access is in the lower bits of a message's identifier, the number of its use above them.
    private const int IndexBits = 6;
    private const int MaxPending = 1 << IndexBits;

    private static readonly TimeSpan ReplyTimeout = TimeSpan.FromSeconds(10);

    private readonly UnixStream _stream;
    private readonly int _maxTransferBytes;
    private readonly PendingAccess[] _pending = new PendingAccess[MaxPending];
    private readonly Stack<int> _free = new();
    private readonly SemaphoreSlim _places = new(MaxPending);
    private readonly Lock _gate = new();
    private readonly DmaLayout _layout = new();
    private readonly Func<bool> _receive;
    private readonly int _receiver = Environment.CurrentManagedThreadId;
    private bool _isRefused;

    /// <param name="stream">The connection.</param>
    /// <param name="maxTransferBytes">The longest data that the client takes in one message.</param>
    /// <param name="receive">
    /// Receives one message, on the thread that makes this object; false: the reply that it waits for will not come.
    /// </param>
    public MessageMemory(UnixStream stream, int maxTransferBytes, Func<bool> receive)
    {
        _stream = stream;
        _receive = receive;
        _maxTransferBytes = Math.Clamp(maxTransferBytes, GuestMemory.PageBytes, Capabilities.DefaultTransferBytes);
        for (int index = MaxPending - 1; index >= 0; index--)
        {
            _pending[index] = new PendingAccess { Id = (ushort)index };
            _free.Push(index);
        }
    }

    /// <inheritdoc/>
    public bool TryRead(ulong guestAddress, Span<byte> destination)
    {
        while (!destination.IsEmpty)
        {
            Span<byte> part = destination[..Math.Min(destination.Length, _maxTransferBytes)];
            if (!TryReadPart(guestAddress, part))
                return false;
            destination = destination[part.Length..];
            guestAddress += (uint)part.Length;
        }
        return true;
    }

    /// <inheritdoc/>
    public bool TryWrite(ulong guestAddress, ReadOnlySpan<byte> source)
    {
        while (!source.IsEmpty)
        {
            ReadOnlySpan<byte> part = source[..Math.Min(source.Length, _maxTransferBytes)];
            if (!TryAccess(CommandId.DmaWrite, guestAddress, part.Length, part, default))
                return false;
            source = source[part.Length..];
            guestAddress += (uint)part.Length;
        }
        return true;
    }

    /// <summary>Has the client read a few bytes, without telling us what they are: for what follows from the read.</summary>
    public void Touch(ulong guestAddress, int lengthBytes) =>
        Send(CommandId.DmaRead, id: 0, guestAddress, lengthBytes, data: default, wantsReply: false);

    /// <summary>A reply of the client has come.</summary>
    /// <returns>False: to nothing that was ever asked.</returns>
    public bool OnReply(in MessageHeader header, ReadOnlySpan<byte> payload)
    {
        if (header.Command is not (CommandId.DmaRead or CommandId.DmaWrite))
            return false;
        lock (_gate)
        {
            PendingAccess pending = _pending[header.Id & (MaxPending - 1)];
            // One that nobody waits for any more is late, and no news.
            if (!pending.IsWaiting || pending.Id != header.Id)
                return true;
            pending.HasSucceeded = !header.IsError;
            pending.Keep(payload);
            pending.IsWaiting = false;
            pending.Ended.Set();
            return true;
        }
    }

    /// <summary>Ends every wait without success, and lets none begin.</summary>
    public void Refuse()
    {
        lock (_gate)
        {
            _isRefused = true;
            foreach (PendingAccess pending in _pending)
            {
                if (!pending.IsWaiting)
                    continue;
                pending.IsWaiting = false;
                pending.Ended.Set();
            }
        }
    }

    /// <summary>Lets accesses go on.</summary>
    public void Allow()
    {
        lock (_gate)
            _isRefused = false;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (PendingAccess pending in _pending)
            pending.Dispose();
        _places.Dispose();
    }

    private bool TryReadPart(ulong guestAddress, Span<byte> destination)
    {
        if (!_layout.IsKnown && !TryLearnLayout(guestAddress, destination.Length))
            return false;
        return TryAccess(CommandId.DmaRead, guestAddress, destination.Length, default, destination);
    }

    /// <summary>Reads once for the layout alone: see <see cref="DmaLayout"/>.</summary>
    private bool TryLearnLayout(ulong guestAddress, int lengthBytes)
    {
        ulong page = guestAddress & ~(ulong)(GuestMemory.PageBytes - 1);
        int inPage = Math.Min(lengthBytes, GuestMemory.PageBytes - (int)(guestAddress - page));
        return TryAccess(CommandId.DmaRead, guestAddress, inPage, default, default);
    }

    private bool TryAccess(
        CommandId command, ulong guestAddress, int lengthBytes, ReadOnlySpan<byte> data, Span<byte> destination)
    {
        _places.Wait();
        int index;
        PendingAccess pending;
        lock (_gate)
        {
            index = _free.Pop();
            pending = _pending[index];
            pending.Id += MaxPending;
            pending.HasSucceeded = false;
            pending.IsWaiting = !_isRefused;
            pending.Ended.Reset();
        }
        bool isDone = pending.IsWaiting && Send(command, pending.Id, guestAddress, lengthBytes, data)
            && Await(pending) && pending.HasSucceeded;
        if (isDone && command == CommandId.DmaRead)
            isDone = _layout.TryTakeData(pending.Reply.AsSpan(0, pending.ReplyBytes), lengthBytes, destination);
        lock (_gate)
        {
            pending.IsWaiting = false;
            _free.Push(index);
        }
        _places.Release();
        return isDone;
    }

    private bool Await(PendingAccess pending)
    {
        if (Environment.CurrentManagedThreadId != _receiver)
            return pending.Ended.Wait(ReplyTimeout);
        while (!pending.Ended.IsSet && _receive())
        {
        }
        return pending.Ended.IsSet;
    }

    private bool Send(
        CommandId command, ushort id, ulong guestAddress, int lengthBytes, ReadOnlySpan<byte> data, bool wantsReply = true)
    {
        int payloadBytes = DmaAccess.SizeBytes + data.Length;
        Span<byte> message = new byte[MessageHeader.SizeBytes + payloadBytes];
        MemoryMarshal.Write(message, MessageHeader.ForCommand(id, command, payloadBytes, wantsReply));
        Span<byte> payload = message[MessageHeader.SizeBytes..];
        MemoryMarshal.Write(payload, new DmaAccess { Address = guestAddress, LengthBytes = (ulong)lengthBytes });
        data.CopyTo(payload[_layout.DataOffset..]);
        return _stream.Send(message);
    }
}
