using NvmeDoorbell.Perf.Peers;

namespace NvmeDoorbell.Perf.Harness;

/// <summary>What the shapes of a run find around them.</summary>
/// <param name="Process">The native shapes in a process of their own; null where they could not be built.</param>
/// <param name="IsFull">The long form of the run.</param>
/// <param name="LibraryPath">libnvmedoorbell.so; null where it has not been built.</param>
/// <param name="Aot">Shapes of ours compiled ahead of time; null where they have not been built.</param>
internal sealed record Surroundings(PeersProcess? Process, bool IsFull, string? LibraryPath = null, PeersProcess? Aot = null)
{
    /// <summary>The native shape of that name, where there is a C compiler.</summary>
    public IEnumerable<Shape> Native(string figure, params string[] names)
        => Process is null ? [] : names.Select(name => new NativeShape(Process, figure, name));

    /// <summary>The inline ring has to be measured in this process, for want of libnvmedoorbell.so.</summary>
    public bool IsInlineRingInProcess => Process is { HasLibrary: false } && PeersLibrary.IsThere;

    /// <summary>Shapes that use native code in this process, where there is a C compiler.</summary>
    public static IEnumerable<Shape> InProcess(params Func<Shape>[] create)
        => PeersLibrary.IsThere ? create.Select(static one => one()) : [];

    /// <summary>The shapes of ours in a figure once more, compiled ahead of time.</summary>
    public IEnumerable<Shape> TwinsOf(Figure figure, IEnumerable<Shape> shapes)
        => Aot is null || !figure.HasAotTwins
            ? []
            : shapes.Where(static shape => shape.Name.StartsWith("core_csharp", StringComparison.Ordinal))
                .Select(shape => new AotShape(Aot, figure.Name, shape));

    /// <summary>Shapes of ours that need libnvmedoorbell.so.</summary>
    public IEnumerable<Shape> NativeOfLibrary(string figure, params string[] names)
        => Process is { HasLibrary: true } ? Native(figure, names) : [];
}
