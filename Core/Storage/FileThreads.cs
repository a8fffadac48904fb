namespace NvmeDoorbell.Storage;

/// <summary>Reads and writes by a few threads that wait for the system, each with a list of its own.</summary>
internal sealed class FileThreads : IFileTransfers
{
    private readonly FileChannel _channel;
    private readonly Action<DiskRequest, DiskStatus> _ended;
    private readonly DiskWorker[] _workers;
    private uint _next;

    /// <param name="channel">The file.</param>
    /// <param name="count">Threads: what is under way at once.</param>
    /// <param name="ended">Takes a request that has ended, on one of the threads.</param>
    public FileThreads(FileChannel channel, int count, Action<DiskRequest, DiskStatus> ended)
    {
        (_channel, _ended) = (channel, ended);
        _workers = new DiskWorker[count];
        for (int i = 0; i < count; i++)
            _workers[i] = new DiskWorker("nvmedb file data", Run);
    }

    /// <inheritdoc/>
    public bool IsCurrent => Array.Exists(_workers, static worker => worker.IsCurrent);

    /// <inheritdoc/>
    public void Enqueue(DiskRequest request) =>
        _workers[Interlocked.Increment(ref _next) % (uint)_workers.Length].Enqueue(request);

    public void Dispose()
    {
        foreach (DiskWorker worker in _workers)
            worker.Dispose();
    }

    private void Run(DiskRequest first)
    {
        for (DiskRequest? request = first; request is not null;)
        {
            DiskRequest? next = request.Next;
            _ended(request, FileTransfer.Run(_channel, request));
            request = next;
        }
    }
}
