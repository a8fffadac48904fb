using System.Globalization;
using NvmeDoorbell.Model.Engine;

namespace NvmeDoorbell.Model.Runs;

/// <summary>A scenario under one memory order: a line between processes, and a line in the table.</summary>
internal sealed record RunResult(string Scenario, MemoryOrder Order, int Bound, long Schedules, long States, double Seconds,
    Verdict Verdict, string Wrong)
{
    private const string Mark = "@result";
    private const char Separator = '\t';

    /// <summary>As a process that explores writes it.</summary>
    public string ToLine() => string.Join(Separator, Mark, Scenario, Order, Bound, Schedules, States,
        Seconds.ToString("R", CultureInfo.InvariantCulture), Verdict, Wrong.ReplaceLineEndings(" "));

    /// <summary>Null: the line is another.</summary>
    public static RunResult? Parse(string line)
    {
        string[] parts = line.Split(Separator, 9);
        if (parts.Length != 9 || parts[0] != Mark)
            return null;
        CultureInfo culture = CultureInfo.InvariantCulture;
        return new RunResult(parts[1], Enum.Parse<MemoryOrder>(parts[2]), int.Parse(parts[3], culture), long.Parse(parts[4], culture),
            long.Parse(parts[5], culture), double.Parse(parts[6], culture), Enum.Parse<Verdict>(parts[7]), parts[8]);
    }

    public static string TableHead => $"{"scenario",-34} {"order",-10} {"preemptions",11} {"schedules",11} {"states",11} {"time",9}";

    public string TableRow()
    {
        string bound = Bound < 0 ? "all" : Bound.ToString(CultureInfo.InvariantCulture);
        return string.Create(CultureInfo.InvariantCulture,
            $"{Scenario,-34} {Order,-10} {bound,11} {Schedules,11:N0} {States,11:N0} {Seconds,7:F1} s  {Verdict}{(Wrong.Length == 0 ? "" : ": ")}{Wrong}");
    }
}
