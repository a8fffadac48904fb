namespace NvmeDoorbell.Perf.Harness;

/// <summary>How the report draws a figure.</summary>
internal enum PlotKind
{
    /// <summary>One bar for each shape.</summary>
    Bars,

    /// <summary>The distribution of single operations, one curve for each shape that times them.</summary>
    Distribution,

    /// <summary>
    /// Lines over a number: shapes are called <c>LINE_NUMBER</c> or <c>LINE_NUMBERunit</c>, such as <c>depth_32</c>.
    /// </summary>
    Lines,

    /// <summary>Not at all.</summary>
    None,
}
