namespace NvmeDoorbell.Tests.Architecture;

/// <summary>The checkout that these tests were built from: every file that is source, none that is output.</summary>
internal static class SourceTree
{
    private static readonly string[] NotSource = ["artifacts", ".git", "bin", "obj", "TestResults", ".vs", ".idea"];

    /// <summary>The folder of the solution.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>All source files below <paramref name="folder"/> with one of <paramref name="extensions"/>, or all.</summary>
    public static IReadOnlyList<SourceFile> Files(string folder, params string[] extensions) =>
        [.. Walk(new DirectoryInfo(Path.Combine(Root, folder)))
            .Where(file => extensions.Length == 0 || extensions.Contains(file.Extension))
            .Select(file => SourceFile.Read(file.FullName))
            .OrderBy(file => file.Path, StringComparer.Ordinal)];

    private static IEnumerable<FileInfo> Walk(DirectoryInfo folder)
    {
        if (!folder.Exists)
            yield break;
        foreach (FileInfo file in folder.EnumerateFiles())
            yield return file;
        foreach (DirectoryInfo inner in folder.EnumerateDirectories().Where(inner => !NotSource.Contains(inner.Name)))
        {
            foreach (FileInfo file in Walk(inner))
                yield return file;
        }
    }

    private static string FindRoot()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "NvmeDoorbell.sln")))
            folder = folder.Parent;
        return folder?.FullName
            ?? throw new DirectoryNotFoundException($"no NvmeDoorbell.sln above {AppContext.BaseDirectory}");
    }
}
