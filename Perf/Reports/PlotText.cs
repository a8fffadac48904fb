using System.Globalization;
using System.Text;

namespace NvmeDoorbell.Perf.Reports;

/// <summary>Numbers and titles as plots have room for them.</summary>
internal static class PlotText
{
    private static readonly string[] Times = ["ns", "µs", "ms", "s"];
    private static readonly string[] Counts = ["", "k", "M", "G"];

    /// <summary>A number with three digits, nanoseconds in the unit that fits.</summary>
    /// <param name="value">Not negative.</param>
    /// <param name="unit">Its unit; empty: a number of something.</param>
    public static string Number(double value, string unit) => unit switch
    {
        "ns" => Scaled(value, Times),
        "" => Scaled(value, Counts),
        _ => $"{Digits(value)} {unit}",
    };

    /// <summary>Breaks a text into lines between words.</summary>
    public static string Wrap(string text, int lengthMax)
    {
        var wrapped = new StringBuilder();
        var length = 0;
        foreach (var word in text.Split(' '))
        {
            if (length != 0) wrapped.Append(length + 1 + word.Length > lengthMax ? '\n' : ' ');
            length = length + 1 + word.Length > lengthMax ? word.Length : length + 1 + word.Length;
            wrapped.Append(word);
        }
        return wrapped.ToString();
    }

    private static string Scaled(double value, string[] units)
    {
        var unit = 0;
        // What would be written as 1000 is 1 of the next.
        for (; value >= 999.5 && unit < units.Length - 1; unit++) value /= 1000;
        return value == 0 ? "0" : $"{Digits(value)} {units[unit]}".TrimEnd();
    }

    private static string Digits(double value)
    {
        var format = value switch { >= 99.95 => "0", >= 9.995 => "0.#", >= 0.9995 => "0.##", _ => "0.####" };
        return value.ToString(format, CultureInfo.InvariantCulture);
    }
}
