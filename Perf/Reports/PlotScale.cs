using ScottPlot;
using ScottPlot.TickGenerators;

namespace NvmeDoorbell.Perf.Reports;

/// <summary>An axis for values of one unit: linear from 0, or logarithmic where they lie far apart.</summary>
internal sealed class PlotScale
{
    // On a linear axis the least of values so far apart is as good as 0.
    private const double LinearRange = 30;

    private static readonly int[] Steps = [1, 2, 3, 5];
    private readonly string _unit;

    private PlotScale(double least, double most, string unit, bool isLogarithmic) =>
        (Least, Most, _unit, IsLogarithmic) = (least, most, unit, isLogarithmic);

    public bool IsLogarithmic { get; }

    /// <summary>The value where the axis begins: 0, or on a logarithmic one where the least is told from nothing.</summary>
    public double Least { get; }

    private double Most { get; }

    /// <summary>The axis for these values, of which 0 is none on a logarithmic one.</summary>
    public static PlotScale Of(IReadOnlyCollection<double> values, string unit) =>
        values.Max() > LinearRange * values.Min() ? Logarithmic(values, unit) : new PlotScale(0, values.Max(), unit, false);

    /// <summary>The logarithmic axis for these values, which begins at half the least or below.</summary>
    public static PlotScale Logarithmic(IReadOnlyCollection<double> values, string unit)
    {
        var half = values.Min() / 2;
        var decade = Math.Pow(10, Math.Floor(Math.Log10(half)));
        return new PlotScale(Steps.Last(step => step * decade <= half * 1.001) * decade, values.Max(), unit, true);
    }

    /// <summary>Where a value stands on the axis.</summary>
    public double At(double value) => IsLogarithmic ? Math.Log10(value) : value;

    /// <summary>Where the axis ends, with so much of its length left behind the largest value.</summary>
    public double EndAt(double margin) => At(Most) + ((At(Most) - At(Least)) * margin);

    /// <summary>Ticks that an axis of these positions can be read by.</summary>
    public ITickGenerator CreateTicks()
    {
        if (!IsLogarithmic) return new NumericAutomatic { LabelFormatter = value => PlotText.Number(value, _unit) };
        var ticks = new NumericManual();
        var decades = Math.Log10(Most / Least);
        for (var decade = (int)Math.Floor(Math.Log10(Least)); decade <= Math.Log10(Most) + 1; decade++)
        {
            for (var digit = 1; digit < 10; digit++)
            {
                var value = digit * Math.Pow(10, decade);
                if (digit == 1 || (decades < 3 && digit is 2 or 5) || (decades < 1.5 && digit == 3))
                    ticks.AddMajor(Math.Log10(value), PlotText.Number(value, _unit));
                else
                    ticks.AddMinor(Math.Log10(value));
            }
        }
        return ticks;
    }

    /// <summary>What the axis shows, and how.</summary>
    public string Name(string what) => IsLogarithmic ? $"{what}, logarithmic" : what;
}
