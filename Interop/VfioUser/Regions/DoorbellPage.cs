using NvmeDoorbell.VfioUser.Transport;

namespace NvmeDoorbell.VfioUser.Regions;

/// <summary>
/// The page of doorbells as memory with a descriptor, so that the client can map it at BAR0 + 1000h: the offset in the
/// file is the offset in the region.
/// </summary>
/// <param name="lengthBytes">Of the page: whole pages of 4096 bytes.</param>
internal sealed class DoorbellPage(ulong lengthBytes) : IDisposable
{
    /// <summary>Where the doorbells are in BAR0.</summary>
    public const ulong Offset = 0x1000;

    private readonly MemoryFile _file = new("nvmedb-doorbells", Offset + lengthBytes);

    /// <summary>How long it is.</summary>
    public ulong LengthBytes => lengthBytes;

    /// <summary>Where it lies here.</summary>
    public nint Address => _file.Address + (nint)Offset;

    /// <summary>Its descriptor.</summary>
    public int Number => _file.Number;

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();
}
