namespace NvmeDoorbell.Tests.Fuzz.Feedback;

/// <summary>The inputs that did something new, and how many children each is to have next.</summary>
internal sealed class Corpus
{
    private const int MaxEnergy = 64;

    private readonly List<Entry> _entries = [];

    public int Count => _entries.Count;

    public IEnumerable<byte[]> All => _entries.Select(entry => entry.Input);

    public void Add(byte[] input) => _entries.Add(new Entry(input));

    /// <summary>
    /// The next parent. Inputs that have come lately are taken more often; one that has had many children without any of
    /// them being new gets fewer.
    /// </summary>
    public Entry Next(FuzzRandom random)
    {
        int recent = Math.Min(_entries.Count, 8);
        Entry entry = random.OneIn(3)
            ? _entries[_entries.Count - 1 - random.Below(recent)]
            : _entries[random.Below(_entries.Count)];
        entry.Turns++;
        return entry;
    }

    public byte[] Any(FuzzRandom random) => _entries[random.Below(_entries.Count)].Input;

    internal sealed class Entry(byte[] input)
    {
        public byte[] Input => input;

        /// <summary>Times that it was a parent since one of its children was new.</summary>
        public int Turns { get; set; }

        /// <summary>Children at a time.</summary>
        public int Energy => Math.Max(4, MaxEnergy / (1 + Turns));
    }
}
