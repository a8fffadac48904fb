using NvmeDoorbell.VfioUser.Transport;

namespace NvmeDoorbell.VfioUser.Session;

/// <summary>Serves one client after the other at a socket. A client that comes while another is there waits.</summary>
internal sealed class VfioUserServer : IDisposable
{
    private readonly UnixListener _listener;
    private readonly DeviceModel _model;
    private readonly IServerEvents? _events;
    private readonly Lock _gate = new();
    private readonly Lock _looking = new();
    private UnixStream? _stream;
    private ClientSession? _session;
    private bool _isStopping;

    /// <summary>Listens; <see cref="Run"/> serves.</summary>
    /// <param name="path">Where the socket is to be.</param>
    /// <param name="model">What each client's device is made of.</param>
    /// <param name="events">Told what happens, or null.</param>
    /// <exception cref="IOException">The socket cannot be made.</exception>
    public VfioUserServer(string path, DeviceModel model, IServerEvents? events = null)
    {
        _model = model;
        _events = events;
        _listener = new UnixListener(path);
    }

    /// <summary>
    /// Looks at the device of the client that is served now; null: there is none. It stays for as long as the look takes,
    /// so that must be short. From any thread.
    /// </summary>
    public T Look<T>(Func<Device?, T> look)
    {
        lock (_looking)
            return look(_session?.Device);
    }

    /// <summary>Serves clients until <see cref="Stop"/>.</summary>
    /// <param name="once">Return when the first client that has introduced itself is gone.</param>
    public void Run(bool once = false)
    {
        while (_listener.Accept() is { } stream)
        {
            if (Serve(stream) && once)
                break;
        }
    }

    /// <summary>Ends the connection that is served and makes <see cref="Run"/> return. From any thread.</summary>
    public void Stop()
    {
        lock (_gate)
        {
            _isStopping = true;
            _stream?.Shutdown();
        }
        _listener.Dispose();
    }

    /// <inheritdoc/>
    public void Dispose() => Stop();

    private void Show(ClientSession? session)
    {
        lock (_looking)
            _session = session;
    }

    /// <returns>Whether it was a client, and not only a connection.</returns>
    private bool Serve(UnixStream stream)
    {
        bool isClient;
        using (stream)
        {
            lock (_gate)
            {
                if (_isStopping)
                    return false;
                _stream = stream;
            }
            using (ClientSession session = new(stream, _model, _events))
            {
                Show(session);
                isClient = session.Run();
                Show(null);
                // The peer learns at once that nobody follows its stream; the device may take a while to end.
                stream.Shutdown();
            }
            lock (_gate)
                _stream = null;
        }
        if (isClient)
            _events?.OnDisconnected();
        return isClient;
    }
}
