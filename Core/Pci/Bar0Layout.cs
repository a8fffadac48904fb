using System.Numerics;

namespace NvmeDoorbell.Pci;

/// <summary>
/// What lies where in BAR0: the controller registers in the first 4 KiB, the doorbells from 1000h, then the MSI-X table
/// and the pending bits on pages of their own, so that each part can be mapped or trapped alone.
/// </summary>
/// <remarks>Offsets and lengths in bytes.</remarks>
internal readonly struct Bar0Layout
{
    private const ulong PageBytes = 4096;

    public Bar0Layout(int doorbells, int strideExponent, int vectors)
    {
        DoorbellsLength = ToPages((ulong)doorbells * (4ul << strideExponent));
        TableOffset = DoorbellsOffset + DoorbellsLength;
        PendingOffset = TableOffset + ToPages((ulong)vectors * MsixTable.EntryBytes);
        Length = BitOperations.RoundUpToPowerOf2(PendingOffset + ToPages((ulong)(vectors + 63) / 64 * 8));
    }

    public static ulong DoorbellsOffset => 0x1000;

    public ulong DoorbellsLength { get; }

    public ulong TableOffset { get; }

    public ulong PendingOffset { get; }

    public ulong Length { get; }

    private static ulong ToPages(ulong lengthBytes) => (lengthBytes + PageBytes - 1) & ~(PageBytes - 1);
}
