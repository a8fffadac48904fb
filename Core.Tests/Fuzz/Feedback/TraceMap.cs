using System.Reflection;
using System.Runtime.InteropServices;

namespace NvmeDoorbell.Tests.Fuzz.Feedback;

/// <summary>
/// Which branches an input has taken, and how often, as instrumented code counts them; and what no input before it did.
/// Counts are compared by magnitude: 1, 2, 3, 4 to 7, 8 to 15, 16 to 31, 32 to 127, more.
/// </summary>
/// <remarks>One thread: the instrumentation keeps the place of the last branch in a static field.</remarks>
// SAFETY: the map is native memory of MapBytes that is never freed; instrumented code writes below that length only.
internal sealed unsafe class TraceMap
{
    private const int MapBytes = 1 << 16;
    private static readonly object Zero = 0;
    private static readonly byte[] Magnitudes = [.. Enumerable.Range(0, 256).Select(count => (byte)Magnitude(count))];

    // By name: an assembly that refers to this type counts as instrumented already and would not be any more.
    private static readonly Type? Trace = Type.GetType("SharpFuzz.Common.Trace, SharpFuzz.Common");
    private static readonly FieldInfo? Previous = Trace?.GetField("PrevLocation");
    private static readonly byte* Counts = (byte*)NativeMemory.AllocZeroed(MapBytes);

    private readonly byte[] _seen = new byte[MapBytes];

    /// <summary>Places in the map that some input has reached.</summary>
    public int Places { get; private set; }

    /// <summary>Gives instrumented code its map. Before any of it runs: it does not ask whether there is one.</summary>
    public static void Attach() => Trace?.GetField("SharedMem")!.SetValue(null, Pointer.Box(Counts, typeof(byte*)));

    /// <summary>Before an input.</summary>
    public static void Begin()
    {
        new Span<byte>(Counts, MapBytes).Clear();
        Previous?.SetValue(null, Zero);
    }

    /// <summary>After an input: whether it did what none before it did. From then on it is known.</summary>
    /// <param name="placesOnly">Only a branch that none has taken counts, and not how often it was taken.</param>
    public bool TryTakeNew(bool placesOnly = false)
    {
        bool isNew = false;
        foreach ((int place, byte magnitude) in Taken())
        {
            if ((_seen[place] & magnitude) != 0)
                continue;
            isNew |= _seen[place] == 0 || !placesOnly;
            if (_seen[place] == 0)
                Places++;
            _seen[place] |= magnitude;
        }
        return isNew;
    }

    /// <summary>What the input did, as a number.</summary>
    public static ulong Hash()
    {
        ulong hash = 0;
        foreach ((int place, byte magnitude) in Taken())
            hash = FuzzRandom.Mix(hash ^ ((ulong)place << 8 | magnitude));
        return hash;
    }

    private static int Magnitude(int count) => count switch
    {
        0 => 0,
        <= 2 => count,
        3 => 4,
        < 8 => 8,
        < 16 => 16,
        < 32 => 32,
        < 128 => 64,
        _ => 128,
    };

    private static List<(int Place, byte Magnitude)> Taken()
    {
        List<(int, byte)> taken = [];
        var map = new ReadOnlySpan<byte>(Counts, MapBytes);
        for (int at = 0; at < MapBytes;)
        {
            int next = map[at..].IndexOfAnyExcept((byte)0);
            if (next < 0)
                break;
            at += next;
            taken.Add((at, Magnitudes[map[at]]));
            at++;
        }
        return taken;
    }
}
