using System.Diagnostics;
using System.Runtime.InteropServices;
using NvmeDoorbell.Perf.Harness;

namespace NvmeDoorbell.Perf.Shapes;

/// <summary>
/// Two threads that spin: one asks by a word, the other copies 4 KiB from a random place of 256 MiB and answers by
/// another word. No queue, no checks: the limit of a read.
/// </summary>
internal sealed unsafe class CopyAnswerShape : Shape
{
    private const nuint SourceBytes = 256 << 20;
    private const int PageBytes = 4096;
    private const int Pages = 1024;
    private const int LineBytes = 128;

    private readonly LatencyHistogram _latencies = new();
    private static readonly byte* Source = CreateSource();

    private readonly byte* _target = (byte*)NativeMemory.AlignedAlloc(Pages * PageBytes, PageBytes);
    private readonly uint* _words = (uint*)NativeMemory.AlignedAlloc(2 * LineBytes, LineBytes);
    private readonly Thread _thread;
    private bool _stop;
    private uint _asked;

    // SAFETY: the blocks are ours until Dispose, after the thread has ended; places are below their lengths.
    public CopyAnswerShape(string name)
        : base(name)
    {
        NativeMemory.Clear(_target, Pages * PageBytes);
        NativeMemory.Clear(_words, 2 * LineBytes);
        _thread = new Thread(Answer) { IsBackground = true };
        _thread.Start();
    }

    public override LatencyHistogram Latencies => _latencies;

    public override int FirstOperations => Bursts.LeastRounds;

    public override void Dispose()
    {
        Volatile.Write(ref _stop, true);
        _thread.Join();
        NativeMemory.AlignedFree(_target);
        NativeMemory.AlignedFree(_words);
        base.Dispose();
    }

    protected override double Time(int operations)
    {
        var begin = Stopwatch.GetTimestamp();
        var last = begin;
        for (var i = 0; i < operations; i++)
        {
            Volatile.Write(ref *_words, ++_asked);
            while (Volatile.Read(ref _words[LineBytes / sizeof(uint)]) != _asked)
            {
            }
            var now = Stopwatch.GetTimestamp();
            _latencies.Add((long)NsOf(now - last));
            last = now;
        }
        return NsSince(begin, operations);
    }

    // Once for the process, and touched.
    private static byte* CreateSource()
    {
        var source = (byte*)NativeMemory.AlignedAlloc(SourceBytes, PageBytes);
        NativeMemory.Fill(source, SourceBytes, 1);
        return source;
    }

    private void Answer()
    {
        var seen = 0u;
        var random = new Random(1);
        var places = Enumerable.Range(0, Pages).Select(_ => (nuint)random.NextInt64((long)SourceBytes / PageBytes)).ToArray();
        while (!Volatile.Read(ref _stop))
        {
            var asked = Volatile.Read(ref *_words);
            if (asked == seen) continue;
            seen = asked;
            var page = (int)(seen % Pages);
            NativeMemory.Copy(Source + (places[page] * PageBytes), _target + (page * PageBytes), PageBytes);
            Volatile.Write(ref _words[LineBytes / sizeof(uint)], seen);
        }
    }
}
