using NvmeDoorbell.Storage;

namespace NvmeDoorbell.VfioUser.CommandLine;

/// <summary>A flush that belongs to no guest's command, waited for.</summary>
internal sealed class FlushRequest : DiskRequest
{
    private readonly ManualResetEventSlim _completed = new();
    private DiskStatus _status;

    private FlushRequest()
        : base(segmentCapacity: 1)
    {
    }

    /// <summary>Flushes a disk and returns what became of it.</summary>
    public static DiskStatus Run(IDisk disk)
    {
        using FlushRequest request = new() { Operation = DiskOperation.Flush };
        request.Begin();
        DiskStatus status = disk.Submit(request);
        if (status != DiskStatus.Pending)
        {
            request.Complete(status);
            return status;
        }
        request._completed.Wait();
        return request._status;
    }

    /// <inheritdoc/>
    protected override void OnCompleted(DiskStatus status)
    {
        _status = status;
        _completed.Set();
    }
}
