using System.Runtime.InteropServices;
using NvmeDoorbell.Memory;

namespace NvmeDoorbell.Tests.Fuzz;

/// <summary>
/// A guest's RAM: regions that hostile threads fill, aim at and take away, and regions of the valid drivers at addresses
/// that hostile data does not form by accident.
/// </summary>
internal sealed class FuzzRam : IDisposable
{
    /// <summary>Where valid drivers have their queues and data. Hostile threads never write this address anywhere.</summary>
    public const ulong HonestBase = 0x5A5A_C3C3_0000_0000;

    public const ulong HonestBytes = 2 << 20;

    /// <summary>Pages for shadow doorbells: no command's data goes here, but the guest's own stores do.</summary>
    public const ulong ShadowBase = 0x3C3C_A5A5_0000_0000;

    public const ulong ShadowBytes = 64 << 10;

    /// <summary>Region 0 is always there, from address 0.</summary>
    public const ulong FixedBytes = 1 << 20;

    private readonly List<Region> _regions = [];

    public FuzzRam(int drivers)
    {
        Add(0, FixedBytes);
        Add(0x10_0000, 256 << 10, mayGo: true); // follows on from the first, elsewhere in the host
        Add(0x20_0000, 256 << 10, GuestAccess.ReadOnly);
        for (ulong index = 0; index < 4; index++)
            Add(0x40_0000 + index * 0x10_0000, 256 << 10, mayGo: true);
        Add(0xFFFF_FFFF_FFFF_0000, 64 << 10, mayGo: true); // to the very end of the address space
        HostileRegions = _regions.Count;
        Shadow = Add(ShadowBase, ShadowBytes, mayGo: true);
        for (int index = 0; index < drivers; index++)
            Add(HonestBase + (ulong)index * HonestBytes, HonestBytes);
    }

    public GuestMemory Memory { get; } = new();

    public int HostileRegions { get; }

    /// <summary>Regions taken away so far, about.</summary>
    public int Removals { get; private set; }

    public Region Shadow { get; }

    /// <summary>An address as a hostile guest gives it.</summary>
    public ulong Address(FuzzRandom random)
    {
        switch (random.Below(16u))
        {
            case 0:
                ulong any = random.Odd();
                return any - HonestBase < 0x1_0000_0000 || any - ShadowBase < 0x1_0000_0000 ? 0 : any;
            case 1: // about the end of a region
                Region last = _regions[random.Below(HostileRegions)];
                return last.Start + last.LengthBytes - 8192 + 4 * random.Below(4096u);
            case 2: // not page-aligned
                return PageIn(random) + random.Below(4096u);
            default:
                return PageIn(random);
        }
    }

    /// <summary>A page of a hostile region.</summary>
    public ulong PageIn(FuzzRandom random)
    {
        Region region = _regions[random.Below(HostileRegions)];
        return region.Start + GuestMemory.PageBytes * (ulong)random.Below((uint)(region.LengthBytes / GuestMemory.PageBytes));
    }

    /// <summary>A page of the region that is always there.</summary>
    public static ulong FixedPage(FuzzRandom random) =>
        GuestMemory.PageBytes * (ulong)random.Below((uint)(FixedBytes / GuestMemory.PageBytes));

    /// <summary>The guest stores a word, where there is RAM.</summary>
    public void Store(ulong address, ulong value) =>
        Memory.TryWrite(address, MemoryMarshal.AsBytes(new ReadOnlySpan<ulong>(in value)));

    /// <summary>Takes a region away or gives it back, as firmware and hot-unplug do.</summary>
    public void Toggle(FuzzRandom random, Findings findings)
    {
        Region region = random.OneIn(4) ? Shadow : _regions[random.Below(HostileRegions)];
        if (region.MayGo)
            region.Toggle(this, findings);
    }

    /// <summary>Host memory of a region that never goes.</summary>
    public unsafe Span<byte> Host(ulong start, int lengthBytes)
    {
        Region region = _regions.Find(each => start - each.Start < each.LengthBytes)!;
        return new Span<byte>((void*)(region.Pages.Address + (nint)(start - region.Start)), lengthBytes);
    }

    /// <summary>Gives every region back to its owner: nothing may hold one any longer.</summary>
    public void RemoveAll(Findings findings) => _regions.ForEach(region => region.Leave(this, findings));

    public void Dispose()
    {
        Memory.Dispose();
        _regions.ForEach(region => region.Pages.Dispose());
    }

    private Region Add(ulong start, ulong lengthBytes, GuestAccess access = GuestAccess.ReadWrite, bool mayGo = false)
    {
        var region = new Region(start, lengthBytes, access, mayGo);
        Memory.AddRegion(start, region.Pages.Address, lengthBytes, access);
        _regions.Add(region);
        return region;
    }

    /// <summary>A stretch of guest RAM. Withdrawn from the process, not only from the map, while it is away.</summary>
    internal sealed class Region(ulong start, ulong lengthBytes, GuestAccess access, bool mayGo)
    {
        private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

        private readonly Lock _lock = new();
        private bool _isAway;

        public ulong Start => start;

        public ulong LengthBytes => lengthBytes;

        public bool MayGo => mayGo;

        public GuardedPages Pages { get; } = new((nuint)lengthBytes);

        public void Toggle(FuzzRam ram, Findings findings)
        {
            if (!_lock.TryEnter())
                return;
            try
            {
                if (!_isAway)
                {
                    Remove(ram, findings);
                    return;
                }
                Pages.Return();
                ram.Memory.AddRegion(start, Pages.Address, lengthBytes, access);
                _isAway = false;
            }
            finally
            {
                _lock.Exit();
            }
        }

        public void Leave(FuzzRam ram, Findings findings)
        {
            if (!_isAway)
                Remove(ram, findings);
            findings.Expect(_isAway, $"region {start:X}h is still in use after all has been freed");
        }

        private void Remove(FuzzRam ram, Findings findings)
        {
            GuestMemoryRemoval removal = ram.Memory.RemoveRegion(start, lengthBytes, Patience);
            if (removal == GuestMemoryRemoval.Busy)
                return; // a disk keeps a request: asked again another time
            findings.Expect(removal == GuestMemoryRemoval.Removed, $"region {start:X}h: {removal}");
            Pages.Withdraw();
            _isAway = true;
            ram.Removals++;
        }
    }
}
