namespace NvmeDoorbell.Storage;

/// <summary>The accounting that the pools here have in common.</summary>
public abstract class DiskPool : IDiskPool, IDisposable
{
    private protected const int DiskBlockBytes = 512;

    private readonly Lock _lock = new();
    private readonly Dictionary<uint, PooledDisk> _disks = [];
    private ulong _usedBytes;

    private protected DiskPool(ulong totalBytes) => TotalBytes = totalBytes;

    /// <inheritdoc/>
    public ulong TotalBytes { get; }

    /// <inheritdoc/>
    public ulong FreeBytes
    {
        get
        {
            lock (_lock)
                return TotalBytes > _usedBytes ? TotalBytes - _usedBytes : 0;
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<PooledDisk> GetDisks()
    {
        lock (_lock)
            return new List<PooledDisk>(_disks.Values);
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">A disk has that identifier, or no disk can have that length.</exception>
    public PooledDisk? Create(uint nsid, ulong lengthBytes, int blockBytes, bool isShared)
    {
        DiskGeometry.Check(lengthBytes, DiskBlockBytes);
        lock (_lock)
        {
            if (_disks.ContainsKey(nsid))
                throw new ArgumentException($"There is a disk for namespace {nsid}.", nameof(nsid));
            if (lengthBytes > FreeBytes)
                return null;
            var made = new PooledDisk(nsid, Make(nsid, lengthBytes, blockBytes, isShared), blockBytes, isShared);
            Adopt(made);
            return made;
        }
    }

    /// <inheritdoc/>
    public PooledDisk SetBlock(PooledDisk disk, int blockBytes)
    {
        ArgumentNullException.ThrowIfNull(disk);
        PooledDisk changed = disk with { BlockBytes = blockBytes };
        lock (_lock)
        {
            if (!_disks.ContainsKey(disk.Nsid) || blockBytes == disk.BlockBytes)
                return changed;
            Rename(disk, changed);
            return _disks[disk.Nsid] = changed;
        }
    }

    /// <inheritdoc/>
    public void Destroy(PooledDisk disk)
    {
        ArgumentNullException.ThrowIfNull(disk);
        disk.Disk.Dispose();
        lock (_lock)
        {
            if (!_disks.Remove(disk.Nsid, out PooledDisk? found))
                return;
            _usedBytes -= found.Disk.LengthBytes;
            Forget(found);
        }
    }

    /// <summary>Lets all disks go. What of them is kept beyond this process stays.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            foreach (PooledDisk disk in _disks.Values)
                disk.Disk.Dispose();
            _disks.Clear();
        }
        GC.SuppressFinalize(this);
    }

    /// <summary>Counts a disk in.</summary>
    private protected void Adopt(PooledDisk disk)
    {
        _disks.Add(disk.Nsid, disk);
        _usedBytes += disk.Disk.LengthBytes;
    }

    private protected abstract IDisk Make(uint nsid, ulong lengthBytes, int blockBytes, bool isShared);

    private protected virtual void Rename(PooledDisk disk, PooledDisk changed)
    {
    }

    private protected virtual void Forget(PooledDisk disk)
    {
    }
}
