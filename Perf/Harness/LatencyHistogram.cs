using System.Numerics;

namespace NvmeDoorbell.Perf.Harness;

/// <summary>
/// Counts latencies by size, each to within 3 %: 32 buckets for each power of two. Allocates nothing while it counts.
/// One thread.
/// </summary>
internal sealed class LatencyHistogram
{
    private const int BucketBits = 5;
    private const int Linear = 1 << BucketBits;

    private readonly long[] _counts = new long[64 << BucketBits];

    public long Count { get; private set; }

    public long MaxNs { get; private set; }

    public void Add(long ns)
    {
        ns = Math.Max(ns, 0);
        _counts[IndexOf(ns)]++;
        Count++;
        MaxNs = Math.Max(MaxNs, ns);
    }

    /// <summary>Adds what another has counted.</summary>
    public void Add(LatencyHistogram other)
    {
        for (var i = 0; i < _counts.Length; i++) _counts[i] += other._counts[i];
        Count += other.Count;
        MaxNs = Math.Max(MaxNs, other.MaxNs);
    }

    public void Clear()
    {
        Array.Clear(_counts);
        Count = 0;
        MaxNs = 0;
    }

    /// <summary>What has been counted; null where nothing has.</summary>
    public Latencies? Summarise()
    {
        if (Count == 0) return null;
        var curve = new List<LatencyPoint>();
        var below = 0L;
        for (var i = 0; i < _counts.Length; i++)
        {
            if (_counts[i] == 0) continue;
            below += _counts[i];
            curve.Add(new LatencyPoint(Math.Min(UpperOf(i), MaxNs), (double)below / Count));
        }
        return new Latencies(Find(curve, 0.5), Find(curve, 0.99), Find(curve, 0.999), MaxNs, Count, curve);
    }

    private static double Find(List<LatencyPoint> curve, double part) => curve.First(point => point.Part >= part).Ns;

    private static int IndexOf(long ns)
    {
        if (ns < Linear) return (int)ns;
        var shift = BitOperations.Log2((ulong)ns) - BucketBits;
        return ((shift + 1) << BucketBits) + (int)((ns >> shift) & (Linear - 1));
    }

    /// <summary>The largest number of nanoseconds that a bucket counts.</summary>
    private static long UpperOf(int index)
    {
        if (index < Linear) return index;
        var shift = (index >> BucketBits) - 1;
        return (((long)(Linear + (index & (Linear - 1))) + 1) << shift) - 1;
    }
}
