namespace NvmeDoorbell.Memory;

/// <summary>The regions at one moment, sorted by guest address. Immutable, so that look-ups need no lock.</summary>
internal sealed class RegionTable
{
    public static readonly RegionTable Empty = new([]);

    private readonly Region[] _regions;

    private RegionTable(Region[] regions) => _regions = regions;

    /// <summary>A stretch of guest addresses and where it lies in the host.</summary>
    internal readonly record struct Region(ulong Start, ulong LengthBytes, nint Host, GuestAccess Access)
    {
        /// <summary>In place of a host address: the region is not mapped here.</summary>
        public const nint Remote = 0;

        /// <summary>The last address, not the one after it: that may not fit 64 bits.</summary>
        public ulong Last => Start + (LengthBytes - 1);
    }

    public int Count => _regions.Length;

    /// <summary>The region that holds an address, or false.</summary>
    public bool TryFind(ulong address, out Region region)
    {
        int low = 0, high = _regions.Length - 1;
        while (low <= high)
        {
            int middle = (low + high) >>> 1;
            ref readonly Region candidate = ref _regions[middle];
            if (address < candidate.Start)
            {
                high = middle - 1;
            }
            else if (address - candidate.Start >= candidate.LengthBytes)
            {
                low = middle + 1;
            }
            else
            {
                region = candidate;
                return true;
            }
        }
        region = default;
        return false;
    }

    public bool Overlaps(in Region added)
    {
        foreach (ref readonly Region region in _regions.AsSpan())
        {
            if (added.Start <= region.Last && region.Start <= added.Last) return true;
        }
        return false;
    }

    public RegionTable With(Region added)
    {
        var regions = new Region[_regions.Length + 1];
        _regions.CopyTo(regions, 0);
        regions[^1] = added;
        Array.Sort(regions, static (left, right) => left.Start.CompareTo(right.Start));
        return new RegionTable(regions);
    }

    public RegionTable Without(ulong start) => new(Array.FindAll(_regions, region => region.Start != start));
}
