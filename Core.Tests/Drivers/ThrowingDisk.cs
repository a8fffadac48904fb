using NvmeDoorbell.Storage;

namespace NvmeDoorbell.Tests.Drivers;

/// <summary>A careless embedder's disk: it throws where it should answer.</summary>
internal sealed class ThrowingDisk : IDisk
{
    public int BlockBytes => 512;

    public ulong LengthBytes => 1 << 20;

    public bool IsReadOnly => false;

    public DiskStatus Submit(DiskRequest request) => throw new InvalidOperationException("This disk is not finished.");

    public void Dispose()
    {
    }
}
