using NvmeDoorbell.Storage;

namespace NvmeDoorbell.Interop.Native;

/// <summary>A disk that refuses writes, over one that would take them.</summary>
internal sealed class ReadOnlyDisk(IDisk disk) : IDisk
{
    public int BlockBytes => disk.BlockBytes;

    public ulong LengthBytes => disk.LengthBytes;

    public bool IsReadOnly => true;

    public DiskStatus Submit(DiskRequest request) =>
        request.Operation is DiskOperation.Read or DiskOperation.Flush ? disk.Submit(request) : DiskStatus.WriteFault;

    public void Dispose() => disk.Dispose();
}
