using NvmeDoorbell.Storage;

namespace NvmeDoorbell.Tests.Fuzz;

/// <summary>The canary's planted defect: now and then a write is acknowledged and not done.</summary>
internal sealed class LyingDisk(IDisk inner) : IDisk
{
    private const int Every = 50;

    private int _writes;

    public int BlockBytes => inner.BlockBytes;

    public ulong LengthBytes => inner.LengthBytes;

    public bool IsReadOnly => inner.IsReadOnly;

    public DiskStatus Submit(DiskRequest request) =>
        request.Operation == DiskOperation.Write && Interlocked.Increment(ref _writes) % Every == 0
            ? DiskStatus.Success
            : inner.Submit(request);

    public void Dispose() => inner.Dispose();
}
