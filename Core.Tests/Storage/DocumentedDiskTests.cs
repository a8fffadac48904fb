using NvmeDoorbell.Tests.Architecture;

namespace NvmeDoorbell.Tests.Storage;

/// <summary>The example disk of the documentation is the one that passes the contract.</summary>
public sealed class DocumentedDiskTests
{
    [Test]
    public void The_example_of_the_documentation_is_the_tested_disk()
    {
        SourceFile source = SourceTree.Files("Core.Tests/Storage", ".cs").Single(file => file.Name == "InvertedDisk.cs");
        SourceFile page = SourceTree.Files("docs", ".md").Single(file => file.Name == "storage.md");
        string disk = string.Join('\n', source.Lines.SkipWhile(line => !line.StartsWith("internal", StringComparison.Ordinal)));
        Assert.That(disk, Does.Contain("Submit"));
        Assert.That(string.Join('\n', page.Lines), Does.Contain("\n" + disk + "\n```"));
    }
}
