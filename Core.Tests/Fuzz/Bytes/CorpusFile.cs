namespace NvmeDoorbell.Tests.Fuzz.Bytes;

/// <summary>Inputs as text: one a line, in hexadecimal; lines that start with <c>#</c> are comments.</summary>
internal static class CorpusFile
{
    /// <summary>Where the inputs that belong to the sources are, beside the program.</summary>
    public static string PathOf(string target) => Path.Combine(AppContext.BaseDirectory, "Corpus", $"{target}.txt");

    public static List<byte[]> Read(string path) => !File.Exists(path) ? [] :
    [
        .. File.ReadLines(path)
            .Select(line => line.Trim())
            .Where(line => line.Length > 0 && line[0] != '#')
            .Select(Convert.FromHexString),
    ];

    public static void Write(string path, IEnumerable<byte[]> inputs)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllLines(path, inputs.Select(Convert.ToHexString));
    }
}
