using System.ComponentModel;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using NvmeDoorbell.VfioUser.Transport;

namespace NvmeDoorbell.Tests.Fuzz.Bytes;

/// <summary>Both ends of a connection in one process: the client's, and the one that a session is given.</summary>
internal sealed partial class VfioPeer : IDisposable
{
    private const int Unix = 1; // AF_UNIX
    private const int StreamType = 1 | 0x80000; // SOCK_STREAM, SOCK_CLOEXEC

    private readonly Socket _socket;
    private readonly UnixStream _stream;
    private byte[] _received = new byte[1 << 16];

    public VfioPeer()
    {
        Span<int> ends = [-1, -1];
        if (CreatePair(Unix, StreamType, 0, ends) != 0)
            throw new Win32Exception();
        _socket = new Socket(new SafeSocketHandle(ends[0], ownsHandle: true));
        _stream = new UnixStream(_socket);
        Server = new UnixStream(new Socket(new SafeSocketHandle(ends[1], ownsHandle: true)));
    }

    /// <summary>The server's end.</summary>
    public UnixStream Server { get; }

    /// <summary>Sends bytes, and descriptors with the first of them.</summary>
    public void Send(ReadOnlySpan<byte> bytes, ReadOnlySpan<int> descriptors) => _stream.Send(bytes, descriptors);

    /// <summary>Nothing more will come; what comes back can still be read.</summary>
    public void End() => _socket.Shutdown(SocketShutdown.Send);

    /// <summary>What the server has sent since the last look. Its descriptors are let go.</summary>
    public ReadOnlySpan<byte> TakeReplies()
    {
        int count = 0;
        while (_socket.Available is > 0 and int more)
        {
            if (_received.Length < count + more)
                Array.Resize(ref _received, 2 * (count + more));
            count += _socket.Receive(_received.AsSpan(count, more), SocketFlags.None);
        }
        return _received.AsSpan(0, count);
    }

    public void Dispose()
    {
        _stream.Dispose();
        Server.Dispose();
    }

    [LibraryImport("libc", EntryPoint = "socketpair", SetLastError = true)]
    private static partial int CreatePair(int family, int type, int protocol, Span<int> ends);
}
