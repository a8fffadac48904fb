using System.Reflection;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace NvmeDoorbell.Tests.Architecture;

/// <summary>The compiler demands a comment on every public member of Core (CS1591); here, that it is asked to.</summary>
public sealed partial class DocumentationTests
{
    [Test]
    public void Every_public_type_of_Core_is_in_the_documentation_file()
    {
        Assembly core = Assembly.Load("NvmeDoorbell.Core");
        XDocument documentation = XDocument.Load(Path.ChangeExtension(core.Location, ".xml"));
        string[] documented = [.. documentation.Descendants("member").Select(member => (string)member.Attribute("name")!)];
        string[] types = [.. core.GetExportedTypes().Select(type => "T:" + type.FullName!.Replace('+', '.'))];
        Assert.That(types, Is.Not.Empty);
        Assert.That(types, Is.SubsetOf(documented));
    }

    [Test]
    public void No_file_switches_the_demand_off()
    {
        IReadOnlyList<SourceFile> files =
        [
            .. SourceTree.Files("Core", ".cs", ".csproj"),
            .. SourceTree.Files(".", ".props", ".targets", ".editorconfig"),
        ];
        Assert.That(files, Is.Not.Empty);
        Assert.That(files.SelectMany(file => file.LinesWhere(line => SwitchesOff().IsMatch(line))), Is.Empty);
    }

    [TestCase("#pragma warning disable CS" + "1591", true)]
    [TestCase("<NoWarn>$(NoWarn);" + "1591</NoWarn>", true)]
    [TestCase("dotnet_diagnostic.CS" + "1591.severity = none", true)]
    [TestCase("#pragma warning disable CA1812", false)]
    public void The_search_for_switches_knows(string line, bool isOff) =>
        Assert.That(SwitchesOff().IsMatch(line), Is.EqualTo(isOff));

    [GeneratedRegex("(disable|NoWarn|diagnostic).*[^0-9]1591[^0-9]?")]
    private static partial Regex SwitchesOff();
}
