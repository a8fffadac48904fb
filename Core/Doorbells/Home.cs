namespace NvmeDoorbell.Doorbells;

/// <summary>
/// The word that says where a doorbell's value lives: generation, address and kind, so that one load tells all three
/// and one comparison tells whether any has changed.
/// </summary>
/// <remarks>
/// Bits 63..48: the generation, which opening of the doorbell this is. Bits 47..2: address of the 32-bit cell, 0 while
/// closed. Bit 0: set where a ring may store directly (private and mapped homes: memory of ours), clear for a page of
/// guest RAM. User addresses have 47 bits on every system we run on, unless more are asked for by name;
/// <see cref="IsRepresentable"/> refuses those.
/// </remarks>
internal static class Home
{
    public const ulong Direct = 1;
    private const ulong AddressMask = 0x0000_FFFF_FFFF_FFFC;
    private const int GenerationShift = 48;

    public static ulong Closed(uint generation) => (ulong)(ushort)generation << GenerationShift;

    public static ulong Of(uint generation, nint cell, bool direct) =>
        Closed(generation) | (ulong)cell | (direct ? Direct : 0);

    public static bool IsDirect(ulong home) => (home & Direct) != 0;

    public static bool IsClosed(ulong home) => (home & AddressMask) == 0;

    public static nint Cell(ulong home) => (nint)(home & AddressMask);

    public static uint Generation(ulong home) => (uint)(home >> GenerationShift);

    public static bool SameGeneration(ulong left, ulong right) => (left ^ right) >> GenerationShift == 0;

    public static bool IsRepresentable(nint cell) => ((ulong)cell & ~AddressMask) == 0;
}
