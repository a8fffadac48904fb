using System.Diagnostics;
using System.Runtime.InteropServices;
using NvmeDoorbell.Doorbells;
using NvmeDoorbell.Perf.Harness;
using NvmeDoorbell.Perf.Peers;

namespace NvmeDoorbell.Perf.Shapes;

/// <summary>
/// The slowest rings of a thread on a CPU of its own, while this process collects a large heap again and again on
/// another CPU, or does nothing. Every ring is timed.
/// </summary>
internal sealed unsafe class GcRingShape : Shape
{
    private const uint BucketCount = 200_000;
    private const int DeviceCpu = 0;
    private const int RingerCpu = 1;
    private const double Quantile = 0.9999;
    private static readonly TimeSpan SampleTime = TimeSpan.FromMilliseconds(200);

    private readonly CoreDoorbells _doorbells = new(DoorbellMemory.MinCount);
    private readonly uint* _buckets = (uint*)NativeMemory.Alloc(BucketCount, sizeof(uint));
    private readonly Ringer _ringer;
    private readonly LargeHeap? _heap;
    private readonly bool _isLongest;
    private bool _stop;

    /// <summary>Makes the shape.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="ringer">Who rings.</param>
    /// <param name="heap">What is collected meanwhile; null: nothing is.</param>
    /// <param name="isLongest">Measures the longest ring; else the one that 1 in 10,000 exceeds.</param>
    public GcRingShape(string name, Ringer ringer, LargeHeap? heap, bool isLongest)
        : base(name)
    {
        _ringer = ringer;
        _heap = heap;
        _isLongest = isLongest;
    }

    /// <summary>Who rings.</summary>
    internal enum Ringer
    {
        /// <summary>A native thread stores a word: no doorbell at all.</summary>
        Store,

        /// <summary>A native thread, by the header's inline ring.</summary>
        Native,

        /// <summary>A thread of the managed runtime.</summary>
        Managed,
    }

    public override int FirstOperations => 1;

    public override int LeastOperations => 1;

    public override int MostOperations => 1;

    public override void Dispose()
    {
        _doorbells.Dispose();
        NativeMemory.Free(_buckets);
        base.Dispose();
    }

    protected override double Time(int operations)
    {
        // SAFETY: the buckets are ours, this long; the ringing threads have ended when they are read.
        NativeMemory.Clear(_buckets, BucketCount * sizeof(uint));
        var (rings, longest) = _ringer == Ringer.Managed ? RingManaged() : RingNative();
        if (_isLongest) return longest;
        var slower = (ulong)(rings * (1 - Quantile));
        var bucket = BucketCount - 1;
        for (ulong above = _buckets[bucket]; above <= slower && bucket > 0; above += _buckets[bucket]) bucket--;
        return bucket;
    }

    private (ulong Rings, double LongestNs) RingNative()
    {
        var view = _ringer == Ringer.Native ? _doorbells.Memory.NativeView : 0;
        var run = PeersLibrary.LongRingStart(view, RingerCpu, (nint)_buckets, BucketCount);
        if (run == 0) throw new InvalidOperationException("A native thread does not start.");
        BeBusy();
        PeersLibrary.LongRingStop(run, out var rings, out var longest);
        return (rings, longest);
    }

    private (ulong Rings, double LongestNs) RingManaged()
    {
        _stop = false;
        var rings = 0UL;
        var longest = 0.0;
        var thread = new Thread(() =>
        {
            using var pin = new CpuPin(RingerCpu);
            while (!Volatile.Read(ref _stop))
            {
                var begin = Stopwatch.GetTimestamp();
                _doorbells.Memory.Ring((int)(rings % DoorbellMemory.MinCount), (uint)rings & 0xFFFF);
                var ns = NsOf(Stopwatch.GetTimestamp() - begin);
                _buckets[(uint)Math.Min(ns, BucketCount - 1)]++;
                longest = Math.Max(longest, ns);
                Volatile.Write(ref rings, rings + 1);
            }
        });
        thread.Start();
        // Collections one after the other may keep a thread from its first ring until the sample is over.
        SpinWait.SpinUntil(() => Volatile.Read(ref rings) != 0);
        BeBusy();
        Volatile.Write(ref _stop, true);
        thread.Join();
        return (rings, longest);
    }

    private void BeBusy()
    {
        if (_heap is null)
        {
            Thread.Sleep(SampleTime);
            return;
        }
        using var pin = new CpuPin(DeviceCpu);
        var begin = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(begin) < SampleTime) _heap.Collect();
    }
}
