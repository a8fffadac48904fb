using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace NvmeDoorbell.VfioUser.Transport;

/// <summary>
/// A connected stream over a unix socket that carries bytes and descriptors. Blocking; one thread receives, any number
/// send, each message whole.
/// </summary>
/// <remarks>
/// Linux ends a receive behind bytes that descriptors came with, but may put bytes before them into the same one. Asked
/// for a header first and then for exactly its message, the stream never takes descriptors of the next message.
/// </remarks>
internal sealed class UnixStream : IDisposable
{
    // A peer that does not read for so long, with a full socket, has lost its connection.
    private const int SendTimeoutMs = 5_000;

    private const int ControlBytes = 16 + 4 * DescriptorList.MaxCount + 4; // CMSG_SPACE

    private readonly Socket _socket;
    private readonly Lock _sending = new();

    public UnixStream(Socket socket)
    {
        _socket = socket;
        _socket.Blocking = true;
        _socket.SendTimeout = SendTimeoutMs;
    }

    /// <summary>The socket's descriptor, for polling.</summary>
    public int Number => (int)_socket.SafeHandle.DangerousGetHandle();

    /// <summary>Receives exactly as many bytes as there is room for, and the descriptors that came with them.</summary>
    public ReceiveResult Receive(Span<byte> buffer, DescriptorList descriptors)
    {
        while (!buffer.IsEmpty)
        {
            nint received = ReceiveSome(buffer, descriptors, out bool isTruncated);
            if (isTruncated)
                return ReceiveResult.TooManyDescriptors;
            if (received <= 0)
                return ReceiveResult.Ended;
            buffer = buffer[(int)received..];
        }
        return ReceiveResult.Complete;
    }

    /// <summary>Sends one message whole, the descriptors with its first byte. From any thread.</summary>
    /// <returns>False: the peer has gone, or does not read; the connection is over, for half a message may be out.</returns>
    public bool Send(ReadOnlySpan<byte> message, ReadOnlySpan<int> descriptors = default)
    {
        lock (_sending)
        {
            while (!message.IsEmpty)
            {
                nint sent = SendSome(message, descriptors);
                if (sent <= 0)
                {
                    Shutdown();
                    return false;
                }
                descriptors = default;
                message = message[(int)sent..];
            }
            return true;
        }
    }

    /// <summary>Waits until there is something to receive, the peer has gone, or another descriptor can be read.</summary>
    /// <returns>Whether the other one can be read.</returns>
    public bool WaitWith(int other)
    {
        Span<Libc.PollEntry> entries =
        [
            new() { Descriptor = Number, Events = Libc.PollIn },
            new() { Descriptor = other, Events = Libc.PollIn },
        ];
        while (Libc.Poll(entries, 2, -1) < 0 && Marshal.GetLastPInvokeError() == Libc.Interrupted)
        {
        }
        return entries[1].Returned != 0;
    }

    /// <summary>Whether a receive would return at once.</summary>
    public bool CanReceive(int timeoutMs)
    {
        Span<Libc.PollEntry> entries = [new() { Descriptor = Number, Events = Libc.PollIn }];
        return Libc.Poll(entries, 1, timeoutMs) > 0;
    }

    /// <summary>Ends the connection from any thread: whoever receives or sends is let go.</summary>
    public void Shutdown()
    {
        try
        {
            _socket.Shutdown(SocketShutdown.Both);
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // the peer was faster
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _socket.Dispose();

    private unsafe nint ReceiveSome(Span<byte> buffer, DescriptorList descriptors, out bool isTruncated)
    {
        byte* control = stackalloc byte[ControlBytes];
        isTruncated = false;
        nint received;
        // SAFETY: the span is pinned for the call, and the control buffer is this frame's.
        fixed (byte* address = buffer)
        {
            Libc.IoVector vector = new() { Address = (nint)address, Length = (nuint)buffer.Length };
            Libc.MessageHeader header = default;
            do
            {
                header = new Libc.MessageHeader
                {
                    Vectors = (nint)(&vector),
                    VectorCount = 1,
                    Control = (nint)control,
                    ControlLength = ControlBytes,
                };
                received = Libc.ReceiveMessage(_socket.SafeHandle, ref header, Libc.MessageCloseOnExec);
            }
            while (received < 0 && Marshal.GetLastPInvokeError() == Libc.Interrupted);
            if (received >= 0 && header.ControlLength != 0)
            {
                isTruncated = !TakeDescriptors(new ReadOnlySpan<byte>(control, (int)header.ControlLength), descriptors)
                    || (header.Flags & Libc.MessageControlTruncated) != 0;
            }
        }
        return received;
    }

    private static unsafe bool TakeDescriptors(ReadOnlySpan<byte> control, DescriptorList descriptors)
    {
        bool fits = true;
        // SAFETY: only the size of a type is asked for.
        int headerBytes = sizeof(Libc.ControlHeader);
        while (MemoryMarshal.TryRead(control, out Libc.ControlHeader header) && header.Length >= (nuint)headerBytes)
        {
            int length = (int)Math.Min(header.Length, (nuint)control.Length);
            if (header.Level == Libc.SocketLevel && header.Type == Libc.RightsType)
            {
                ReadOnlySpan<int> numbers = MemoryMarshal.Cast<byte, int>(control[headerBytes..length]);
                foreach (int number in numbers)
                    fits &= descriptors.TryAdd(number);
            }
            control = control[Math.Min(control.Length, (length + 7) & ~7)..];
        }
        return fits;
    }

    private unsafe nint SendSome(ReadOnlySpan<byte> message, ReadOnlySpan<int> descriptors)
    {
        byte* control = stackalloc byte[ControlBytes];
        nint sent;
        // SAFETY: the span is pinned for the call, and the control buffer is this frame's.
        fixed (byte* address = message)
        {
            Libc.IoVector vector = new() { Address = (nint)address, Length = (nuint)message.Length };
            Libc.MessageHeader header = new() { Vectors = (nint)(&vector), VectorCount = 1 };
            if (!descriptors.IsEmpty)
            {
                int dataBytes = sizeof(int) * descriptors.Length;
                *(Libc.ControlHeader*)control = new Libc.ControlHeader
                {
                    Length = (nuint)(sizeof(Libc.ControlHeader) + dataBytes),
                    Level = Libc.SocketLevel,
                    Type = Libc.RightsType,
                };
                descriptors.CopyTo(new Span<int>(control + sizeof(Libc.ControlHeader), descriptors.Length));
                header.Control = (nint)control;
                header.ControlLength = (nuint)(sizeof(Libc.ControlHeader) + (dataBytes + 7 & ~7));
            }
            do
                sent = Libc.SendMessage(_socket.SafeHandle, ref header, Libc.MessageNoSignal);
            while (sent < 0 && Marshal.GetLastPInvokeError() == Libc.Interrupted);
        }
        return sent;
    }
}
