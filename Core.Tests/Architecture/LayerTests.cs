using System.Reflection;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using NvmeDoorbell.Tests.Architecture.Fixtures.High;
using NvmeDoorbell.Tests.Architecture.Fixtures.Low;

namespace NvmeDoorbell.Tests.Architecture;

/// <summary>The layers of Core: references run down only.</summary>
public sealed class LayerTests
{
    private const string RootNamespace = "NvmeDoorbell";

    // What each layer may refer to, beside itself.
    private static readonly Dictionary<string, string[]> Below = new()
    {
        ["Memory"] = [],
        ["Spec"] = [],
        ["Doorbells"] = ["Memory", "Spec"],
        ["Queues"] = ["Memory", "Spec", "Doorbells"],
        ["Storage"] = ["Memory", "Spec", "Doorbells"],
        ["Controller"] = ["Memory", "Spec", "Doorbells", "Queues", "Storage"],
        ["Pci"] = ["Memory", "Spec", "Doorbells", "Queues", "Storage", "Controller"],
    };

    // Types that the compiler makes and embeds, and what the measuring of coverage adds.
    private static readonly string[] NotOurs = ["System", "Microsoft.CodeAnalysis", "Coverlet"];

    private static readonly Assembly Core = Assembly.Load("NvmeDoorbell.Core");

    [Test]
    public void Every_type_of_Core_is_in_a_layer()
    {
        using AssemblyReferences references = new(Core);
        string[] namespaces = [.. references.Namespaces().Where(name => !NotOurs.Any(IsStartOf(name)))];
        Assert.That(namespaces, Is.Not.Empty);
        Assert.That(namespaces, Is.SubsetOf(Below.Keys.Select(layer => $"{RootNamespace}.{layer}")));
    }

    [Test]
    public void Compiled_references_between_layers_run_down_only()
    {
        using AssemblyReferences references = new(Core);
        TypeReferencePair[] crossing = [.. Crossing(references, RootNamespace)];
        Assert.That(crossing, Is.Not.Empty, "no layer refers to another: nothing was checked");
        Assert.That(crossing.Where(pair => !MayRefer(LayerOf(pair.FromNamespace), LayerOf(pair.ToNamespace))), Is.Empty);
    }

    // A constant leaves no reference in the compiled assembly, only in the source.
    [Test]
    public void Names_in_the_source_of_a_layer_point_down_only()
    {
        int names = 0;
        List<string> offenders = [];
        foreach (SourceFile file in SourceTree.Files("Core", ".cs"))
        {
            string layer = file.Path.Split('/')[1];
            foreach (NameSyntax name in file.Syntax.DescendantNodes().OfType<NameSyntax>())
            {
                string[] parts = name.ToString().Split('.');
                if (parts.Length < 2 || parts[0] != RootNamespace || name.Parent is BaseNamespaceDeclarationSyntax)
                    continue;
                names++;
                if (parts[1] != layer && !MayRefer(layer, parts[1]))
                    offenders.Add($"{file.Path}: {name}");
            }
        }
        Assert.That(names, Is.Not.Zero);
        Assert.That(offenders, Is.Empty);
    }

    [Test]
    public void Core_refers_to_the_framework_alone()
    {
        AssemblyName[] references = Core.GetReferencedAssemblies();
        Assert.That(references, Is.Not.Empty);
        Assert.That(references.Select(reference => reference.Name), Has.All.StartsWith("System."));
    }

    // It would bring the loader of types into the native library.
    [TestCase("NvmeDoorbell.Core")]
    [TestCase("libnvmedoorbell")]
    public void The_native_library_is_made_without_LINQ(string assembly)
    {
        AssemblyName[] references = Assembly.Load(assembly).GetReferencedAssemblies();
        Assert.That(references.Select(reference => reference.Name), Is.Not.Empty.And.None.EqualTo("System.Linq"));
    }

    [TestCaseSource(nameof(Offenders))]
    public void The_reader_of_references_finds_one_that_hides_as(string offender)
    {
        using AssemblyReferences references = new(typeof(LayerTests).Assembly);
        string[] found =
            [.. references.All()
                .Where(pair => pair.FromNamespace == typeof(InABody).Namespace && pair.ToNamespace == typeof(HighLayerType).Namespace)
                .Select(pair => pair.From)];
        Assert.That(found, Does.Contain(offender));
    }

    private static IEnumerable<string> Offenders() => typeof(InABody).Assembly.GetTypes()
        .Where(type => type.Namespace == typeof(InABody).Namespace && type.DeclaringType is null
            && !type.Name.StartsWith('<'))
        .Select(type => type.Name);

    private static IEnumerable<TypeReferencePair> Crossing(AssemblyReferences references, string root) =>
        references.All().Where(pair => pair.FromNamespace != pair.ToNamespace
            && pair.FromNamespace.StartsWith(root + ".", StringComparison.Ordinal)
            && pair.ToNamespace.StartsWith(root + ".", StringComparison.Ordinal));

    // The namespace "" is the compiler's own.
    private static Func<string, bool> IsStartOf(string name) =>
        start => name.Length == 0 || name.StartsWith(start, StringComparison.Ordinal);

    private static string LayerOf(string space) => space.Split('.')[1];

    private static bool MayRefer(string from, string to) =>
        Below.TryGetValue(from, out string[]? below) && below.Contains(to);
}
