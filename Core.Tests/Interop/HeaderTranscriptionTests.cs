using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using NvmeDoorbell.Tests.Architecture;

namespace NvmeDoorbell.Tests.Interop;

/// <summary>The model checks a transcription of the inline ring: a change of the header must be brought over.</summary>
public sealed partial class HeaderTranscriptionTests
{
    [Test]
    public void The_models_ring_says_which_text_of_the_header_it_transcribes()
    {
        string header = Read("Interop/include/nvme_doorbell.h");
        int start = header.IndexOf("/* ---- The inline ring", StringComparison.Ordinal);
        int end = header.IndexOf("/* ---- Doorbells alone", StringComparison.Ordinal);
        Assert.That(start, Is.Positive);
        Assert.That(end, Is.GreaterThan(start));
        string code = Space().Replace(Comment().Replace(header[start..end], ""), "");
        string fingerprint = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(code)))[..16];
        Assert.That(Read("Core.Tests/Model/Native/HeaderRing.cs"), Does.Contain($"// Header: {fingerprint}\n"),
            $"the header's inline ring has changed: bring HeaderRing.cs up to it, then write \"// Header: {fingerprint}\" there");
    }

    private static string Read(string path) => File.ReadAllText(Path.Combine(SourceTree.Root, path));

    [GeneratedRegex(@"/\*.*?\*/", RegexOptions.Singleline)]
    private static partial Regex Comment();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Space();
}
