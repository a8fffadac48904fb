namespace NvmeDoorbell.Storage;

/// <summary>A pool of RAM disks. Memory is taken from the system as it is written.</summary>
/// <param name="totalBytes">The most that all disks have together.</param>
public sealed class RamDiskPool(ulong totalBytes) : DiskPool(totalBytes)
{
    private protected override IDisk Make(uint nsid, ulong lengthBytes, int blockBytes, bool isShared)
    {
        try
        {
            return new RamDisk(lengthBytes, DiskBlockBytes);
        }
        catch (OutOfMemoryException e)
        {
            throw new IOException("The system has not that much memory.", e);
        }
    }
}
