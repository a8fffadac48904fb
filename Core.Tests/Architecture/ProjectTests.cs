using System.Xml.Linq;

namespace NvmeDoorbell.Tests.Architecture;

/// <summary>What the projects refer to.</summary>
public sealed class ProjectTests
{
    private static readonly string[] ReferredToByNone = ["NvmeDoorbell.Core.Tests", "NvmeDoorbell.Perf"];

    [Test]
    public void No_project_refers_to_the_tests_or_to_the_measurements()
    {
        IReadOnlyList<SourceFile> projects = SourceTree.Files(".", ".csproj", ".props", ".targets");
        Assert.That(projects.SelectMany(ReferencedProjects), Is.Not.Empty);
        Assert.That(projects.Where(project => ReferencedProjects(project).Intersect(ReferredToByNone).Any()), Is.Empty);
    }

    [Test]
    public void Core_refers_to_no_project() =>
        Assert.That(ReferencedProjects(SourceTree.Files("Core", ".csproj").Single()), Is.Empty);

    [Test]
    public void Every_project_is_in_the_solution()
    {
        string solution = File.ReadAllText(Path.Combine(SourceTree.Root, "NvmeDoorbell.sln")).Replace('\\', '/');
        IReadOnlyList<SourceFile> projects = SourceTree.Files(".", ".csproj");
        Assert.That(projects, Is.Not.Empty);
        Assert.That(projects.Where(project => !solution.Contains($"\"{project.Path}\"", StringComparison.Ordinal)),
            Is.Empty);
    }

    [Test]
    public void Package_versions_are_in_one_place()
    {
        IReadOnlyList<SourceFile> projects = SourceTree.Files(".", ".csproj");
        XElement[] packages = [.. projects.SelectMany(project => Elements(project, "PackageReference"))];
        Assert.That(packages, Is.Not.Empty);
        Assert.That(packages.Where(package => package.Attribute("Version") is not null), Is.Empty);
    }

    [Test]
    public void A_reference_is_seen_in_either_spelling() =>
        Assert.That(
            ReferencedProjects(new SourceFile("A.csproj", """
                <Project><ItemGroup>
                  <ProjectReference Include="../Perf/NvmeDoorbell.Perf.csproj" />
                  <ProjectReference Include="..\Core\NvmeDoorbell.Core.csproj" />
                </ItemGroup></Project>
                """)),
            Is.EqualTo(new[] { "NvmeDoorbell.Perf", "NvmeDoorbell.Core" }));

    private static IEnumerable<string> ReferencedProjects(SourceFile project) =>
        Elements(project, "ProjectReference")
            .Select(reference => Path.GetFileNameWithoutExtension(
                ((string)reference.Attribute("Include")!).Replace('\\', '/')));

    private static IEnumerable<XElement> Elements(SourceFile project, string name) =>
        XDocument.Parse(project.Text).Descendants(name);
}
