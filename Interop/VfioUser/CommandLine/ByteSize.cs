using System.Globalization;

namespace NvmeDoorbell.VfioUser.CommandLine;

/// <summary>Sizes as people write them: <c>4096</c>, <c>64K</c>, <c>512M</c>, <c>64G</c>, <c>2T</c>, with or without
/// <c>iB</c>.</summary>
internal static class ByteSize
{
    private const string Units = "KMGTP";

    /// <summary>Reads a size. Units are powers of 1024.</summary>
    public static bool TryParse(string text, out ulong bytes)
    {
        bytes = 0;
        string trimmed = text.Trim().ToUpperInvariant();
        if (trimmed.EndsWith("IB", StringComparison.Ordinal))
            trimmed = trimmed[..^2];
        else if (trimmed.EndsWith('B'))
            trimmed = trimmed[..^1];
        if (trimmed.Length == 0)
            return false;
        int unit = Units.IndexOf(trimmed[^1], StringComparison.Ordinal);
        string number = unit >= 0 ? trimmed[..^1] : trimmed;
        if (!ulong.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out ulong value))
            return false;
        int shift = 10 * (unit + 1);
        if (value > ulong.MaxValue >> shift)
            return false;
        bytes = value << shift;
        return true;
    }

    /// <summary>The size in the largest unit that it is at least one of.</summary>
    public static string Format(ulong bytes)
    {
        int unit = -1;
        double value = bytes;
        while (value >= 1024 && unit < Units.Length - 1)
        {
            value /= 1024;
            unit++;
        }
        string number = value.ToString(value == Math.Floor(value) ? "0" : "0.0", CultureInfo.InvariantCulture);
        return unit < 0 ? $"{number} B" : $"{number} {Units[unit]}iB";
    }
}
