namespace NvmeDoorbell.Tests.Architecture;

/// <summary>One source file, named by its path from the root with forward slashes.</summary>
internal sealed class SourceFile(string fullPath)
{
    private string[]? _lines;

    public string Path { get; } =
        System.IO.Path.GetRelativePath(SourceTree.Root, fullPath).Replace('\\', '/');

    public string Name => System.IO.Path.GetFileName(fullPath);

    public IReadOnlyList<string> Lines => _lines ??= File.ReadAllLines(fullPath);

    /// <summary>"path:line: text" of each line for which <paramref name="isBad"/> holds.</summary>
    public IEnumerable<string> LinesWhere(Func<string, bool> isBad) =>
        Lines.Index().Where(line => isBad(line.Item)).Select(line => $"{Path}:{line.Index + 1}: {line.Item.Trim()}");

    public override string ToString() => Path;
}
