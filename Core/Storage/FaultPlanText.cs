using System.Globalization;

namespace NvmeDoorbell.Storage;

/// <summary>Fault plans as text: <c>name=number</c>, separated by commas.</summary>
internal static class FaultPlanText
{
    /// <summary>Reads a plan, part by part.</summary>
    /// <param name="text">The text; empty: no part.</param>
    /// <param name="plan">The plan to begin with.</param>
    /// <param name="with">Makes the plan with one more part; null: the plan has no part of that name.</param>
    /// <exception cref="FormatException">A part is not known, or its number is none.</exception>
    public static TPlan Read<TPlan>(string text, TPlan plan, Func<TPlan, string, int, TPlan?> with)
        where TPlan : class
    {
        ArgumentNullException.ThrowIfNull(text);
        foreach (string part in text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            string[] pair = part.Split('=');
            if (pair.Length != 2 || !int.TryParse(pair[1], NumberStyles.None, CultureInfo.InvariantCulture, out int number))
                throw new FormatException($"'{part}' is no part of a fault plan: a name, '=' and a number.");
            plan = with(plan, pair[0], number) ?? throw new FormatException($"There is no fault '{pair[0]}' in this plan.");
        }
        return plan;
    }
}
