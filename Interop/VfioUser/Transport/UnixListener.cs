using System.Net.Sockets;

namespace NvmeDoorbell.VfioUser.Transport;

/// <summary>
/// A listening unix socket at a path, for the owner of the process alone (mode 0600). The file goes with it.
/// </summary>
internal sealed class UnixListener : IDisposable
{
    private const int Backlog = 16;

    // Out of descriptors, which somebody else in the process must give back: the client waits in the queue meanwhile.
    private const int RetryMs = 100;

    private readonly Socket _socket;
    private int _isDisposed;

    /// <summary>Binds and listens. A socket file that nobody listens on is replaced.</summary>
    /// <exception cref="IOException">Somebody listens there, something else than a socket lies there, or the folder
    /// cannot be written.</exception>
    public UnixListener(string path)
    {
        Path = path;
        UnixDomainSocketEndPoint address;
        try
        {
            address = new UnixDomainSocketEndPoint(path);
        }
        catch (ArgumentException exception)
        {
            throw new IOException($"'{path}' is no name for a socket: {exception.Message}", exception);
        }
        RemoveStale(path, address);
        _socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            _socket.Bind(address);
            // Before it listens nobody can connect, so nobody comes in under the mode that the file was made with.
            if (!OperatingSystem.IsWindows())
                File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            _socket.Listen(Backlog);
        }
        catch (SocketException exception)
        {
            _socket.Dispose();
            throw new IOException($"Cannot listen on '{path}': {exception.Message}", exception);
        }
    }

    /// <summary>Where it listens.</summary>
    public string Path { get; }

    /// <summary>The next client.</summary>
    /// <returns>Null: <see cref="Dispose"/> was called.</returns>
    public UnixStream? Accept()
    {
        while (Volatile.Read(ref _isDisposed) == 0)
        {
            try
            {
                return new UnixStream(_socket.Accept());
            }
            catch (ObjectDisposedException)
            {
                return null;
            }
            catch (SocketException exception) when (exception.SocketErrorCode is SocketError.TooManyOpenSockets)
            {
                Libc.Poll([], 0, RetryMs);
            }
            catch (SocketException)
            {
                // the client has gone before it was accepted; or this is the end
            }
        }
        return null;
    }

    /// <summary>Stops listening and removes the file. From any thread, once or more.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0)
            return;
        // The file first: who finds it can still be answered by the queue of connections, and is then refused.
        File.Delete(Path);
        _socket.Dispose();
    }

    private static void RemoveStale(string path, UnixDomainSocketEndPoint address)
    {
        if (!File.Exists(path))
            return;
        using Socket probe = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            probe.Connect(address);
        }
        catch (SocketException exception) when (exception.SocketErrorCode is SocketError.ConnectionRefused)
        {
            // A regular file refuses as well: only a socket is taken away.
            if (File.GetAttributes(path) is var attributes && (attributes & FileAttributes.Directory) == 0 && IsSocket(path))
                File.Delete(path);
            else
                throw new IOException($"'{path}' is there and is no socket.");
            return;
        }
        catch (SocketException exception)
        {
            throw new IOException($"Cannot use '{path}': {exception.Message}", exception);
        }
        throw new IOException($"Another process listens on '{path}'.");
    }

    // .NET names no kind of file for sockets; they have no data, and cannot be opened.
    private static bool IsSocket(string path)
    {
        try
        {
            using FileStream file = new(path, FileMode.Open, FileAccess.Read);
            return false;
        }
        catch (IOException)
        {
            return true;
        }
    }
}
