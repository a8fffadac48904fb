namespace NvmeDoorbell.Tests.Fuzz;

/// <summary>A generator that gives the same numbers from the same seed with every version of .NET (SplitMix64).</summary>
internal sealed class FuzzRandom(ulong seed)
{
    private ulong _state = seed;

    /// <summary>A seed of its own for each part of a run.</summary>
    public static ulong Derive(ulong seed, string name, int index)
    {
        foreach (char letter in name)
            seed = Mix(seed ^ letter);
        return Mix(seed + (ulong)index);
    }

    public static ulong Mix(ulong value)
    {
        value = (value ^ (value >> 30)) * 0xBF58_476D_1CE4_E5B9;
        value = (value ^ (value >> 27)) * 0x94D0_49BB_1331_11EB;
        return value ^ (value >> 31);
    }

    public ulong Next() => Mix(_state += 0x9E37_79B9_7F4A_7C15);

    /// <summary>From 0 to one less than <paramref name="bound"/>.</summary>
    public uint Below(uint bound) => (uint)(((Next() >> 32) * bound) >> 32);

    public int Below(int bound) => (int)Below((uint)bound);

    public bool OneIn(uint count) => Below(count) == 0;

    public T Pick<T>(ReadOnlySpan<T> values) => values[Below(values.Length)];

    /// <summary>A number as hostile input has it: mostly small, often at an edge, sometimes anything.</summary>
    public ulong Odd() => Below(8u) switch
    {
        0 => Next(),
        1 => 1ul << Below(64),
        2 => (1ul << Below(64)) - 1,
        3 => ulong.MaxValue - Below(16u),
        4 => Below(65536u),
        _ => Below(256u),
    };
}
