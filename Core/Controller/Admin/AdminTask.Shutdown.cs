using NvmeDoorbell.Spec;
using NvmeDoorbell.Storage;

namespace NvmeDoorbell.Controller;

/// <content>
/// Shutdown (CC.SHN): every disk is flushed, then CSTS.SHST says complete. It is wanted while SHN is not 0, whether the
/// controller is enabled or not, and forgotten when SHN is 0 again or a reset begins.
/// </content>
internal sealed partial class AdminTask
{
    private ShutdownStatus _shutdown;
    private int _shutdownNumber;
    private int _flushesLeft;

    private void FollowShutdown(ShutdownNotification notification)
    {
        bool isWanted = notification is ShutdownNotification.Normal or ShutdownNotification.Abrupt;
        if (isWanted == (_shutdown != ShutdownStatus.Normal))
            return;
        _shutdownNumber++;
        if (!isWanted)
        {
            PublishShutdown(ShutdownStatus.Normal);
            return;
        }
        PublishShutdown(ShutdownStatus.Occurring);
        int number = _shutdownNumber;
        _flushesLeft = 1;
        foreach (Namespace? target in _context.Namespaces.All)
        {
            if (target is null || target.IsReadOnly)
                continue;
            _flushesLeft++;
            FlushRequest.Start(target.Disk, () => Post(() => OnFlushed(number)));
        }
        OnFlushed(number);
    }

    // A flush that fails has nobody to be reported to: the guest gets the end of the shutdown that it waits for.
    private void OnFlushed(int number)
    {
        if (number == _shutdownNumber && --_flushesLeft == 0)
            PublishShutdown(ShutdownStatus.Complete);
    }

    private void PublishShutdown(ShutdownStatus status)
    {
        _shutdown = status;
        _context.Registers.SetShutdown(status);
    }

    /// <summary>A flush that belongs to no command.</summary>
    private sealed class FlushRequest(Action done) : DiskRequest(segmentCapacity: 1)
    {
        public static void Start(IDisk disk, Action done)
        {
            var request = new FlushRequest(done) { Operation = DiskOperation.Flush };
            request.Begin();
            DiskStatus status;
            try
            {
                status = disk.Submit(request);
            }
            catch (Exception)
            {
                status = DiskStatus.InternalError; // a disk is the embedder's code: it does not end our thread
            }
            if (status != DiskStatus.Pending && request.TryClaim())
                request.OnCompleted(status);
        }

        protected override void OnCompleted(DiskStatus status)
        {
            Dispose();
            done();
        }
    }
}
