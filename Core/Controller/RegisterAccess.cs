namespace NvmeDoorbell.Controller;

/// <summary>Accesses of any width and alignment, made of aligned dwords.</summary>
internal static class RegisterAccess
{
    /// <summary>What a read that reaches nothing returns.</summary>
    /// <param name="widthBytes">Width; outside 1 to 8 counts as 8.</param>
    public static ulong AllOnes(int widthBytes) =>
        widthBytes is >= 1 and < 8 ? (1ul << (8 * widthBytes)) - 1 : ulong.MaxValue;

    /// <summary>Reads 1 to 8 bytes at any offset, each dword once and from low to high.</summary>
    /// <param name="offset">Offset in bytes; the last byte's offset must not overflow.</param>
    /// <param name="widthBytes">1 to 8.</param>
    /// <param name="readDword">Reads the aligned dword at an offset.</param>
    public static ulong Read(ulong offset, int widthBytes, Func<ulong, uint> readDword)
    {
        ulong value = 0;
        ulong last = (offset + (ulong)widthBytes - 1) & ~3ul;
        for (ulong dword = offset & ~3ul; dword <= last; dword += 4)
        {
            ulong part = readDword(dword);
            value |= dword < offset ? part >> (int)(8 * (offset - dword)) : part << (int)(8 * (dword - offset));
        }
        return value & AllOnes(widthBytes);
    }
}
