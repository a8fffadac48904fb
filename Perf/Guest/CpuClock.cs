using NvmeDoorbell.Doorbells;
using NvmeDoorbell.Perf.Peers;

namespace NvmeDoorbell.Perf.Guest;

/// <summary>The CPU clock of a reactor's thread, read from another. Allocates nothing after the first reading.</summary>
internal sealed class CpuClock : IDisposable
{
    private readonly Reactor _reactor;
    private readonly Action _read;
    private readonly SemaphoreSlim _done = new(0);
    private ulong _ns;

    public CpuClock(Reactor reactor)
    {
        _reactor = reactor;
        _read = Read;
    }

    /// <summary>Nanoseconds that the reactor's thread has run so far.</summary>
    public ulong ReadNs()
    {
        _reactor.Post(_read);
        _done.Wait();
        return _ns;
    }

    public void Dispose() => _done.Dispose();

    private void Read()
    {
        _ns = PeersLibrary.ThreadCpuNs();
        _done.Release();
    }
}
