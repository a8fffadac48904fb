using System.Globalization;
using System.Text;

namespace NvmeDoorbell.Model.Engine;

/// <summary>
/// A schedule as text: one letter a step, <c>a</c> for the first thread's operation, <c>A</c> or <c>A</c>n for the arrival of
/// its oldest or n-th pending store, <c>a</c>=n for its choice of way n; a repeated letter has its number before it.
/// </summary>
internal static class Schedule
{
    public static string Format(ReadOnlySpan<ushort> path)
    {
        StringBuilder text = new();
        for (int index = 0; index < path.Length;)
        {
            int run = 1;
            while (index + run < path.Length && path[index + run] == path[index])
                run++;
            string token = Token(path[index]);
            if (run == 1 || token.Length > 1)
                text.Insert(text.Length, token, run);
            else
                text.Append(CultureInfo.InvariantCulture, $"{run}{token}");
            index += run;
        }

        return text.ToString();
    }

    /// <exception cref="FormatException">The text is no schedule.</exception>
    public static ushort[] Parse(string text)
    {
        List<ushort> path = [];
        int position = 0;
        while (position < text.Length)
        {
            int run = Number(text, ref position) ?? 1;
            if (position == text.Length || !char.IsAsciiLetter(text[position]))
                throw new FormatException($"Not a schedule from character {position + 1} on: {text}");
            char letter = text[position++];
            int transition = (char.ToLowerInvariant(letter) - 'a') * World.TransitionsPerThread;
            if (char.IsUpper(letter))
                transition += World.DrainCode + Argument('+');
            else if (position < text.Length && text[position] == '=')
                transition += World.ChoiceCode + Argument('=');
            else
                transition += World.StepCode;
            path.AddRange(Enumerable.Repeat((ushort)transition, run));
        }

        return [.. path];

        int Argument(char mark)
        {
            if (position == text.Length || text[position] != mark)
                return 0;
            position++;
            return Number(text, ref position) ?? throw new FormatException($"A number is missing in {text}");
        }
    }

    private static string Token(int transition)
    {
        char letter = (char)('a' + transition / World.TransitionsPerThread);
        int code = transition % World.TransitionsPerThread;
        return code switch
        {
            World.StepCode => $"{letter}",
            World.DrainCode => $"{char.ToUpperInvariant(letter)}",
            < World.ChoiceCode => $"{char.ToUpperInvariant(letter)}+{code - World.DrainCode}.",
            _ => $"{letter}={code - World.ChoiceCode}.",
        };
    }

    private static int? Number(string text, ref int position)
    {
        int start = position;
        while (position < text.Length && char.IsAsciiDigit(text[position]))
            position++;
        int? value = position == start ? null : int.Parse(text.AsSpan(start, position - start), CultureInfo.InvariantCulture);
        if (value is not null && position < text.Length && text[position] == '.')
            position++;
        return value;
    }
}
