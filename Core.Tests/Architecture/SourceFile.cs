using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace NvmeDoorbell.Tests.Architecture;

/// <summary>One source file, named by its path from the root with forward slashes.</summary>
internal sealed class SourceFile(string path, string text)
{
    private string[]? _lines;
    private SyntaxNode? _syntax;

    public static SourceFile Read(string fullPath) =>
        new(System.IO.Path.GetRelativePath(SourceTree.Root, fullPath).Replace('\\', '/'), File.ReadAllText(fullPath));

    public string Path { get; } = path;

    public string Name => System.IO.Path.GetFileName(Path);

    public string Text { get; } = text;

    public IReadOnlyList<string> Lines => _lines ??= Text.ReplaceLineEndings("\n").TrimEnd('\n').Split('\n');

    /// <summary>The C# syntax tree's root.</summary>
    public SyntaxNode Syntax => _syntax ??= CSharpSyntaxTree.ParseText(Text).GetRoot();

    /// <summary>"path:line: text" of each line for which <paramref name="isBad"/> holds.</summary>
    public IEnumerable<string> LinesWhere(Func<string, bool> isBad) =>
        Lines.Index().Where(line => isBad(line.Item)).Select(line => $"{Path}:{line.Index + 1}: {line.Item.Trim()}");

    /// <summary>"path:line" of a place in the syntax tree.</summary>
    public string At(SyntaxNodeOrToken place) =>
        $"{Path}:{place.GetLocation()!.GetLineSpan().StartLinePosition.Line + 1}";

    public override string ToString() => Path;
}
