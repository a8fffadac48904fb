using System.Globalization;
using System.Text.Json;
using NvmeDoorbell.Perf.Harness;

namespace NvmeDoorbell.Perf.Budgets;

/// <summary>The budgets in <c>Perf/budgets.json</c>.</summary>
internal static class BudgetTable
{
    private const string Row = "  {0,-22} {1,-26} {2,-30} {3,10} {4,10}  {5}";
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    /// <summary>Reads the budgets that lie beside the program.</summary>
    public static IReadOnlyList<Budget> Read()
        => JsonSerializer.Deserialize<List<Budget>>(
            File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "budgets.json")), Json) ?? [];

    /// <summary>Writes what was reached beside what was to be reached.</summary>
    public static void Write(TextWriter output, IEnumerable<Budget> budgets, IReadOnlyList<Measurement> all)
    {
        var found = budgets.Select(budget => (Budget: budget, Found: budget.Find(all)))
            .Where(static pair => pair.Found is not null)
            .ToList();
        if (found.Count == 0) return;
        output.WriteLine();
        output.WriteLine("Goals");
        output.WriteLine(Row, "figure", "shape", "compared with", "measured", "goal", "");
        foreach (var (budget, value) in found)
        {
            output.WriteLine(
                Row,
                budget.Figure,
                budget.Shape,
                budget.Reference,
                Text(value!.Value, budget.Unit),
                Text(budget.Goal, budget.Unit),
                budget.IsReached(value!.Value) ? "reached" : "MISSED");
        }
    }

    /// <summary>A number with its unit.</summary>
    public static string Text(double value, string unit)
        => string.Create(CultureInfo.InvariantCulture, $"{(value < 1000 ? value.ToString("0.00", CultureInfo.InvariantCulture) : value.ToString("#,0", CultureInfo.InvariantCulture))} {unit}");
}
