using System.Text.RegularExpressions;

namespace NvmeDoorbell.Tests.Architecture;

/// <summary>What holds for every source file, whatever is in it.</summary>
public sealed partial class FileTests
{
    private const int MaxLines = 400;

    // The C interface is one header, because those who embed the library copy one file.
    private static readonly string[] Longer = ["Interop/include/nvme_doorbell.h"];

    [Test]
    public void No_file_is_longer_than_400_lines()
    {
        SourceFile[] files = [.. Code().Where(file => !Longer.Contains(file.Path))];
        Assert.That(files, Is.Not.Empty);
        Assert.That(files.Where(file => file.Lines.Count > MaxLines), Is.Empty);
    }

    [Test]
    public void Nothing_is_left_open_in_the_code()
    {
        IReadOnlyList<SourceFile> files = Code();
        Assert.That(files, Is.Not.Empty);
        Assert.That(files.SelectMany(file => file.LinesWhere(line => LeftOpen().IsMatch(line))), Is.Empty);
    }

    [Test]
    public void No_path_of_a_machine_is_in_the_tree()
    {
        IReadOnlyList<SourceFile> files = [.. Code(), .. SourceTree.Files(".", ".md", ".csproj", ".props", ".json")];
        Assert.That(files, Is.Not.Empty);
        Assert.That(files.SelectMany(file => file.LinesWhere(line => MachinePath().IsMatch(line))), Is.Empty);
    }

    [Test]
    public void Lines_end_plainly()
    {
        IReadOnlyList<SourceFile> files = Code();
        Assert.That(files, Is.Not.Empty);
        Assert.That(files.SelectMany(file => file.LinesWhere(line => line.EndsWith(' ') || line.EndsWith('\t'))), Is.Empty);
        Assert.That(files.Where(file => file.Text.Contains('\r', StringComparison.Ordinal)), Is.Empty);
        Assert.That(files.Where(file => !file.Text.EndsWith('\n')), Is.Empty);
    }

    [TestCase("// TO" + "DO: more", true)]
    [TestCase("/* FIX" + "ME */", true)]
    [TestCase("throw new NotImplemented" + "Exception();", true)]
    [TestCase("the mastodon is not meant", false)]
    public void The_search_for_open_ends_knows(string line, bool isOpen) =>
        Assert.That(LeftOpen().IsMatch(line), Is.EqualTo(isOpen));

    [TestCase("cd /" + "home/someone", true)]
    [TestCase("LIB=/" + "root/lib", true)]
    [TestCase("\"C:\\\\" + "Users\\\\someone\"", true)]
    [TestCase("src/home/page", false)]
    [TestCase("artifacts/work/", false)]
    public void The_search_for_machine_paths_knows(string line, bool isPath) =>
        Assert.That(MachinePath().IsMatch(line), Is.EqualTo(isPath));

    private static IReadOnlyList<SourceFile> Code() => SourceTree.Files(".", ".cs", ".c", ".h", ".sh", ".S", ".ld", ".cmake");

    // Written so that the patterns do not match their own line.
    [GeneratedRegex(@"\b(TO[D]O|FIX[M]E|HA[C]K|XX[X]|NotImplemented[E]xception)\b")]
    private static partial Regex LeftOpen();

    [GeneratedRegex(@"(^|[^.\w])/(wor[k]|far[m]|roo[t]|hom[e])/|[A-Z]:\\+Users\\")]
    private static partial Regex MachinePath();
}
