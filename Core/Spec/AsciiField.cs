namespace NvmeDoorbell.Spec;

/// <summary>
/// Fixed-length text of the NVMe structures: printable ASCII, left justified, padded with spaces. Base Specification
/// 2.0, "ASCII strings".
/// </summary>
internal static class AsciiField
{
    /// <summary>
    /// Fills the whole field. What does not fit is cut, what cannot be printed becomes a question mark.
    /// </summary>
    public static void Write(Span<byte> field, string text)
    {
        for (int i = 0; i < field.Length; i++)
        {
            char character = i < text.Length ? text[i] : ' ';
            field[i] = character is >= ' ' and <= '~' ? (byte)character : (byte)'?';
        }
    }
}
