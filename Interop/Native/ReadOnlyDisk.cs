using NvmeDoorbell.Storage;

namespace NvmeDoorbell.Interop.Native;

/// <summary>A disk that refuses writes, over one that would take them.</summary>
internal sealed class ReadOnlyDisk(IResizableDisk disk) : IResizableDisk, ICancellingDisk, IThinDisk
{
    public int BlockBytes => disk.BlockBytes;

    public ulong LengthBytes => disk.LengthBytes;

    public bool IsReadOnly => true;

    public ulong? AllocatedBytes => (disk as IThinDisk)?.AllocatedBytes;

    public event Action? LengthChanged
    {
        add => disk.LengthChanged += value;
        remove => disk.LengthChanged -= value;
    }

    public DiskStatus Submit(DiskRequest request) =>
        request.Operation is DiskOperation.Read or DiskOperation.Flush ? disk.Submit(request) : DiskStatus.WriteFault;

    public bool TryCancel(DiskRequest request, ulong token) =>
        disk is ICancellingDisk cancelling && cancelling.TryCancel(request, token);

    public void Resize(ulong lengthBytes) => disk.Resize(lengthBytes);

    public void Dispose() => disk.Dispose();
}
