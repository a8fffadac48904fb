using NvmeDoorbell.Doorbells;
using NvmeDoorbell.Memory;

namespace NvmeDoorbell.Perf.Shapes;

/// <summary>Doorbells of ours that are open and followed by nobody, in one kind of home.</summary>
internal sealed class CoreHome : IDisposable
{
    private const ulong ShadowAddress = 0;
    private const ulong EventIdxAddress = GuestMemory.PageBytes;

    private readonly GuestMemory _guest = new();

    private CoreHome(int count, int strideExponent) => Memory = new DoorbellMemory(count, strideExponent);

    /// <summary>The doorbells.</summary>
    public DoorbellMemory Memory { get; }

    public static CoreHome Private(int count) => new CoreHome(count, strideExponent: 0).Open();

    /// <summary>In a page that a guest could map, values 4 &lt;&lt; exponent bytes apart.</summary>
    public static CoreHome Mapped(int count, int strideExponent)
    {
        var home = new CoreHome(count, strideExponent);
        home.Memory.EnableMappedPage();
        return home.Open();
    }

    /// <summary>In a page of guest RAM.</summary>
    public static CoreHome Shadow(int count)
    {
        var home = new CoreHome(count, strideExponent: 0).Open();
        home.UseShadow();
        return home;
    }

    /// <summary>Moves every value into guest RAM.</summary>
    public void UseShadow()
    {
        if (!Memory.TryUseShadow(_guest, ShadowAddress, EventIdxAddress))
            throw new InvalidOperationException("The shadow page cannot be used.");
    }

    public void Dispose()
    {
        Memory.Dispose();
        _guest.Dispose();
    }

    private CoreHome Open()
    {
        _guest.AllocateRegion(0, 2 * GuestMemory.PageBytes);
        for (var id = 0; id < Memory.Count; id++) Memory.Open(id, DoorbellMemory.MaxLimit);
        return this;
    }
}
