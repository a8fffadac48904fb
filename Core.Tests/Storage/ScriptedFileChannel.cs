using NvmeDoorbell.Memory;
using NvmeDoorbell.Storage;

namespace NvmeDoorbell.Tests.Storage;

/// <summary>
/// A file that is not there: it answers as the test says, else that all went well, and notes every call.
/// </summary>
internal sealed class ScriptedFileChannel : FileChannel
{
    private readonly List<string> _calls = [];

    public Func<long, long> OnRead { get; set; } = length => length;

    public Func<long, long> OnWrite { get; set; } = length => length;

    public Func<long> OnSync { get; set; } = () => 0;

    public Func<long> OnZeroRange { get; set; } = () => 0;

    public Func<long> OnPunchHole { get; set; } = () => 0;

    public Func<long, long> OnSetLength { get; set; } = _ => 0;

    public long LengthBytes { get; set; } = 1 << 20;

    public bool IsDisposed { get; private set; }

    /// <summary>The calls so far: "read 512+1024" is 1024 bytes from 512 on.</summary>
    public string[] Calls
    {
        get
        {
            lock (_calls)
                return [.. _calls];
        }
    }

    public override long GetLength() => LengthBytes;

    public override long Read(ReadOnlySpan<GuestSegment> segments, long offset, bool mayBlock)
    {
        Note($"{(mayBlock ? "read" : "try read")} {offset}+{Sum(segments)}");
        return OnRead(Sum(segments));
    }

    public override long Write(ReadOnlySpan<GuestSegment> segments, long offset)
    {
        Note($"write {offset}+{Sum(segments)}");
        return OnWrite(Sum(segments));
    }

    public override long Sync()
    {
        Note("sync");
        return OnSync();
    }

    public override long ZeroRange(long offset, long lengthBytes)
    {
        Note($"zero {offset}+{lengthBytes}");
        return OnZeroRange();
    }

    public override long PunchHole(long offset, long lengthBytes)
    {
        Note($"punch {offset}+{lengthBytes}");
        return OnPunchHole();
    }

    public override long SetLength(long lengthBytes)
    {
        Note($"length {lengthBytes}");
        return OnSetLength(lengthBytes);
    }

    public override void Dispose() => IsDisposed = true;

    private void Note(string call)
    {
        lock (_calls)
            _calls.Add(call);
    }

    private static long Sum(ReadOnlySpan<GuestSegment> segments)
    {
        long sum = 0;
        foreach (GuestSegment segment in segments)
            sum += (long)segment.LengthBytes;
        return sum;
    }
}
