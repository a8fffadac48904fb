namespace NvmeDoorbell.Tests.Architecture;

/// <summary>What holds for every source file, whatever is in it.</summary>
public sealed class FileTests
{
    private const int MaxLines = 400;

    // The C interface is one header, because those who embed the library copy one file.
    private static readonly string[] Longer = ["Interop/include/nvme_doorbell.h"];

    [Test]
    public void No_file_is_longer_than_400_lines()
    {
        IReadOnlyList<SourceFile> files = SourceTree.Files(".", ".cs", ".c", ".h", ".sh");
        Assert.That(files, Is.Not.Empty);
        Assert.That(files.Where(file => file.Lines.Count > MaxLines && !Longer.Contains(file.Path)), Is.Empty);
    }
}
