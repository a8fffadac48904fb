using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Emit;
using Microsoft.CodeAnalysis.Text;

namespace NvmeDoorbell.Model.Mutants;

/// <summary>
/// Compiles this program again with one edit, by the command line that it was compiled by, which the build leaves beside it.
/// </summary>
internal sealed class MutantCompiler
{
    private const string AssemblyFile = "NvmeDoorbell.Model.dll";

    private readonly string _directory = Path.Combine(AppContext.BaseDirectory, "mutants");
    private readonly CSharpCompilation _unchanged;

    public MutantCompiler()
    {
        // The project's folder, then an argument a line.
        string[] lines = File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "compiler-arguments.txt"));
        CSharpCommandLineArguments arguments = CSharpCommandLineParser.Default.Parse(lines[1..], lines[0], sdkDirectory: null);
        IEnumerable<string> generated = arguments.GeneratedFilesOutputDirectory is { } directory && Directory.Exists(directory)
            ? Directory.EnumerateFiles(directory, "*.cs", SearchOption.AllDirectories)
            : [];
        _unchanged = CSharpCompilation.Create(
            arguments.CompilationName,
            arguments.SourceFiles.Select(file => file.Path).Concat(generated)
                .Select(path => CSharpSyntaxTree.ParseText(File.ReadAllText(path), arguments.ParseOptions, path)),
            arguments.MetadataReferences.Select(reference => MetadataReference.CreateFromFile(reference.Reference, reference.Properties)),
            // What an edit leaves unused is no reason to refuse it.
            arguments.CompilationOptions
                .WithGeneralDiagnosticOption(ReportDiagnostic.Default)
                .WithSpecificDiagnosticOptions([]));
    }

    /// <summary>Compiles the mutant; returns the path of the assembly.</summary>
    /// <exception cref="MutantException">Its text is not there once, or what it makes does not compile.</exception>
    public string Compile(Mutant mutant)
    {
        (SyntaxTree original, SyntaxTree file) = Edit(mutant);
        string path = Path.Combine(_directory, mutant.Name, AssemblyFile);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        EmitResult result = _unchanged.ReplaceSyntaxTree(original, file).Emit(path);
        return result.Success
            ? path
            : throw new MutantException($"{mutant.Name}: {result.Diagnostics.First(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error)}");
    }

    /// <summary>The mutant's file as it is, and edited.</summary>
    /// <exception cref="MutantException">Its text is not there once.</exception>
    public (SyntaxTree Original, SyntaxTree Edited) Edit(Mutant mutant)
    {
        SyntaxTree[] files = [.. _unchanged.SyntaxTrees.Where(tree => Path.GetFileName(tree.FilePath) == mutant.File)];
        if (files.Length != 1)
            throw new MutantException($"{mutant.Name}: {files.Length} files of the name {mutant.File}");
        string source = files[0].ToString();
        Regex pattern = new(string.Join(@"\s+", mutant.Text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Select(Regex.Escape)),
            RegexOptions.CultureInvariant);
        MatchCollection matches = pattern.Matches(source);
        if (matches.Count != 1)
            throw new MutantException($"{mutant.Name}: its text is {matches.Count} times in {mutant.File}, not once");
        string changed = string.Concat(source.AsSpan(0, matches[0].Index), mutant.Replacement, source.AsSpan(matches[0].Index + matches[0].Length));
        return (files[0], files[0].WithChangedText(SourceText.From(changed)));
    }

    /// <summary>Removes what <see cref="Compile"/> has left.</summary>
    public void Clean()
    {
        if (Directory.Exists(_directory))
            Directory.Delete(_directory, recursive: true);
    }
}
