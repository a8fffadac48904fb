namespace NvmeDoorbell.Perf.Harness;

/// <summary>What is measured: a number of shapes side by side, one of which the others are compared with.</summary>
internal abstract class Figure(string name, string title, string reference)
{
    /// <summary>The name in JSON and on the command line, for instance <c>ring_idle_1t</c>.</summary>
    public string Name { get; } = name;

    /// <summary>A sentence for the table.</summary>
    public string Title { get; } = title;

    /// <summary>The shape that ratios are taken to.</summary>
    public string Reference { get; } = reference;

    /// <summary>Its shapes of ours are measured just-in-time and ahead-of-time compiled.</summary>
    public virtual bool HasAotTwins => true;

    /// <summary>Most rounds, for figures whose samples are long.</summary>
    public virtual int MostRounds => int.MaxValue;

    /// <summary>What its numbers are in.</summary>
    public virtual string Unit => "ns";

    /// <summary>How the report draws it.</summary>
    public virtual PlotKind Plot => PlotKind.Bars;

    /// <summary>What the numbers in the names of its shapes are, where it is drawn as lines.</summary>
    public virtual string Axis => "";

    /// <summary>Its lines are drawn as operations a second, not as the time of one.</summary>
    public virtual bool IsDrawnAsRate => false;

    /// <summary>Makes the shapes. They are disposed when the figure has been measured.</summary>
    public abstract IReadOnlyList<Shape> CreateShapes(Surroundings surroundings);
}
