using NvmeDoorbell.VfioUser.Transport;

namespace NvmeDoorbell.VfioUser.Session;

/// <summary>
/// Answers whoever connects to a socket beside the guest's with what the server does now, and closes.
/// </summary>
internal sealed class InspectionServer : IDisposable
{
    private const string Suffix = ".inspect";

    private readonly UnixListener _listener;
    private readonly Func<byte[]> _describe;
    private readonly Thread _thread;

    /// <param name="path">The guest's socket.</param>
    /// <param name="describe">What is answered.</param>
    /// <exception cref="IOException">The socket cannot be made.</exception>
    public InspectionServer(string path, Func<byte[]> describe)
    {
        _describe = describe;
        _listener = new UnixListener(PathFor(path));
        _thread = new Thread(Run) { IsBackground = true, Name = "nvmedb-inspect" };
        _thread.Start();
    }

    /// <summary>Where to ask about the server of a guest's socket.</summary>
    public static string PathFor(string path) => path + Suffix;

    /// <inheritdoc/>
    public void Dispose()
    {
        _listener.Dispose();
        _thread.Join();
    }

    private void Run()
    {
        while (_listener.Accept() is { } stream)
        {
            using (stream)
            {
                stream.Send(_describe());
                stream.Shutdown();
            }
        }
    }
}
