using SharpFuzz;

namespace NvmeDoorbell.Tests.Fuzz.Feedback;

/// <summary>The program a second time, its subjects counting the branches that they take.</summary>
internal static class InstrumentedCopy
{
    private const string Core = "NvmeDoorbell.Core.dll";
    private const string Server = "nvmedb.dll";
    private const string Stamp = "stamp.txt";

    private static string Program => Path.GetFileName(typeof(InstrumentedCopy).Assembly.Location);

    /// <summary>Makes it, if it is not there or of an earlier build.</summary>
    /// <returns>The program to start.</returns>
    public static string Make()
    {
        string from = AppContext.BaseDirectory;
        string to = FuzzFiles.Instrumented;
        string program = Path.Combine(to, Program);
        string stamp = string.Join('\n', ((string[])[Core, Server, Program]).Select(name => $"{name} {File.GetLastWriteTimeUtc(Path.Combine(from, name)):O}"));
        string stampFile = Path.Combine(to, Stamp);
        if (File.Exists(stampFile) && File.ReadAllText(stampFile) == stamp)
            return program;
        if (Directory.Exists(to))
            Directory.Delete(to, recursive: true);
        Copy(new DirectoryInfo(from), to);
        Instrument(Path.Combine(to, Core), _ => true);
        Instrument(Path.Combine(to, Server), _ => true);
        // Of the program itself only what is there to be found by feedback.
        Instrument(program, type => type.EndsWith("." + nameof(PlantedTarget), StringComparison.Ordinal));
        File.WriteAllText(stampFile, stamp);
        return program;
    }

    private static void Instrument(string path, Func<string, bool> matches)
    {
        if (!Fuzzer.Instrument(path, matches, Options.Value).Any())
            throw new InvalidOperationException($"{Path.GetFileName(path)}: nothing to instrument.");
    }

    private static void Copy(DirectoryInfo from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (FileInfo file in from.EnumerateFiles().Where(file => file.Extension is not ".dmp"))
            file.CopyTo(Path.Combine(to, file.Name), overwrite: true);
        foreach (DirectoryInfo directory in from.EnumerateDirectories())
            Copy(directory, Path.Combine(to, directory.Name));
    }
}
