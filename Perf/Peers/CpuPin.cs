namespace NvmeDoorbell.Perf.Peers;

/// <summary>Pins the calling thread to a CPU until it is disposed, on the same thread.</summary>
internal readonly ref struct CpuPin
{
    private readonly bool _isPinned;

    public CpuPin(int? cpu) => _isPinned = cpu is { } number && PeersLibrary.Pin(number) == 0;

    public void Dispose()
    {
        if (_isPinned && PeersLibrary.Pin(-1) != 0) throw new InvalidOperationException("A thread cannot be unpinned.");
    }
}
