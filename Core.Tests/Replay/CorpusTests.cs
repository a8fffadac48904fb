using NvmeDoorbell.Tests.Fuzz.Bytes;

namespace NvmeDoorbell.Tests.Replay;

/// <summary>
/// The inputs that fuzzing has kept, once more: none of them hurts, and together they are what each target begins with.
/// </summary>
public sealed class CorpusTests
{
    private static IEnumerable<string> Targets => ByteTargets.All.Select(target => target.Name);

    [TestCaseSource(nameof(Targets))]
    public void Every_kept_input_comes_through(string name)
    {
        if (!OperatingSystem.IsLinux())
            return; // guest RAM between guard pages is made by Linux calls
        List<byte[]> inputs = CorpusFile.Read(CorpusFile.PathOf(name));
        using ByteTarget target = ByteTargets.All.Single(each => each.Name == name).Make();
        Assert.That(inputs, Is.Not.Empty);
        foreach (byte[] input in inputs)
            Assert.That(() => target.Run(input), Throws.Nothing, Convert.ToHexString(input));
    }

    [Test]
    public void Every_corpus_has_a_target() => Assert.That(
        Directory.GetFiles(Path.GetDirectoryName(CorpusFile.PathOf("any"))!).Select(Path.GetFileNameWithoutExtension),
        Is.EquivalentTo(Targets));

    [Test]
    public void A_byte_machine_does_the_same_each_time()
    {
        if (!OperatingSystem.IsLinux())
            return;
        using ByteTarget target = ByteTargets.All.Single(each => each.Name == "bytes-all").Make();
        byte[] input = [.. Enumerable.Range(0, 400).Select(index => (byte)(index * 7))];
        int first = target.Run(input);
        Assert.That(first, Is.Positive);
        for (int run = 0; run < 20; run++)
            Assert.That(target.Run(input), Is.EqualTo(first));
    }
}
