using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace NvmeDoorbell.Tests.Architecture;

/// <summary>A type is found by its name: one public type a file, the file named after it, the folder its namespace.</summary>
public sealed class TypeTests
{
    private const string ExampleFolder = "Core.Tests/Architecture/Fixtures/";

    private static IReadOnlyList<SourceFile> Sources() =>
    [
        .. new[] { "Core", "Core.Tests", "Interop", "Perf" }
            .SelectMany(folder => SourceTree.Files(folder, ".cs"))
            .Where(file => !file.Path.StartsWith(ExampleFolder, StringComparison.Ordinal)),
    ];

    [Test]
    public void A_file_has_one_public_type_at_most()
    {
        IReadOnlyList<SourceFile> sources = Sources();
        Assert.That(sources.SelectMany(PublicTypes), Is.Not.Empty);
        Assert.That(sources.Where(file => PublicTypes(file).Count() > 1), Is.Empty);
    }

    [Test]
    public void A_file_is_named_after_its_type()
    {
        IReadOnlyList<SourceFile> sources = Sources();
        Assert.That(sources.SelectMany(Types), Is.Not.Empty);
        Assert.That(sources.Where(file => !IsNamedAfterItsType(file)), Is.Empty);
    }

    [Test]
    public void A_folder_of_Core_is_a_namespace()
    {
        IReadOnlyList<SourceFile> files = SourceTree.Files("Core", ".cs");
        Assert.That(files, Is.Not.Empty);
        Assert.That(files.Where(file => !IsInItsNamespace(file)), Is.Empty);
    }

    [TestCase("Core/Spec/A.cs", "namespace NvmeDoorbell.Spec; public class A; internal class B;", true)]
    [TestCase("Core/Spec/A.Part.cs", "namespace NvmeDoorbell.Spec; public partial class A;", true)]
    [TestCase("Core/Spec/A.cs", "namespace NvmeDoorbell.Spec; public class B;", false)]
    [TestCase("Core/Spec/A.cs", "namespace NvmeDoorbell.Spec; internal class A; public class B;", false)]
    [TestCase("Core/Spec/A.cs", "namespace NvmeDoorbell.Spec; public delegate void A();", true)]
    public void The_search_for_misnamed_files_knows(string path, string source, bool isRight) =>
        Assert.That(IsNamedAfterItsType(new SourceFile(path, source)), Is.EqualTo(isRight));

    [TestCase("Core/Spec/A.cs", "namespace NvmeDoorbell.Spec; public class A;", true)]
    [TestCase("Core/Spec/A.cs", "namespace NvmeDoorbell.Queues; public class A;", false)]
    [TestCase("Core/A.cs", "namespace NvmeDoorbell; public class A;", true)]
    [TestCase("Core/Controller/Io/A.cs", "namespace NvmeDoorbell.Controller; public class A;", true)]
    [TestCase("Core/Controller/Io/A.cs", "namespace NvmeDoorbell.Controller.Io; public class A;", false)]
    [TestCase("Core/Spec/A.cs", "public class A;", false)]
    public void The_search_for_misplaced_types_knows(string path, string source, bool isRight) =>
        Assert.That(IsInItsNamespace(new SourceFile(path, source)), Is.EqualTo(isRight));

    [Test]
    public void Two_public_types_of_a_file_are_seen() =>
        Assert.That(PublicTypes(new SourceFile("A.cs", "public enum A { One } public record struct B; class C;")),
            Is.EqualTo(new[] { "A", "B" }));

    private static bool IsNamedAfterItsType(SourceFile file)
    {
        string[] candidates = [.. PublicTypes(file)];
        if (candidates.Length == 0)
            candidates = [.. Types(file).Select(NameOf)];
        // A file of top-level statements or of assembly attributes has no type to be named after.
        return candidates.Length == 0 || candidates.Contains(file.Name.Split('.')[0]);
    }

    private static bool IsInItsNamespace(SourceFile file)
    {
        // The first folder is the layer; those within sort it by concern.
        string[] folders = file.Path.Split('/')[1..^1];
        string expected = folders.Length == 0 ? "NvmeDoorbell" : "NvmeDoorbell." + folders[0];
        return !Types(file).Any()
            || file.Syntax.DescendantNodes().OfType<BaseNamespaceDeclarationSyntax>().Select(space => space.Name.ToString())
                .SequenceEqual([expected]);
    }

    private static IEnumerable<string> PublicTypes(SourceFile file) =>
        Types(file).Where(type => type.Modifiers.Any(SyntaxKind.PublicKeyword)).Select(NameOf).Distinct();

    private static IEnumerable<MemberDeclarationSyntax> Types(SourceFile file) =>
        file.Syntax.DescendantNodes(node => node is CompilationUnitSyntax or BaseNamespaceDeclarationSyntax)
            .Where(node => node is BaseTypeDeclarationSyntax or DelegateDeclarationSyntax)
            .Cast<MemberDeclarationSyntax>();

    private static string NameOf(MemberDeclarationSyntax type) => type switch
    {
        BaseTypeDeclarationSyntax declaration => declaration.Identifier.Text,
        DelegateDeclarationSyntax declaration => declaration.Identifier.Text,
        _ => "",
    };
}
