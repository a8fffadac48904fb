using NvmeDoorbell.Memory;
using NvmeDoorbell.Storage;

namespace NvmeDoorbell.Tests.Storage;

/// <summary>
/// A file whose every call may be interrupted, would block, or moves only a part: what the system is allowed to do and
/// seldom does.
/// </summary>
internal sealed class HaltingFileChannel(FileChannel file) : FileChannel
{
    private int _calls;

    public override int Descriptor => file.Descriptor;

    public override FileAlignment Alignment => file.Alignment;

    public override long GetLength() => file.GetLength();

    public override long Read(ReadOnlySpan<GuestSegment> segments, long offset, bool mayBlock)
    {
        int call = Interlocked.Increment(ref _calls);
        if (!mayBlock && call % 3 == 0)
            return -FileError.TryAgain;
        if (call % 5 == 0)
            return -FileError.Interrupted;
        GuestSegment part = Part(segments, call);
        return file.Read(new ReadOnlySpan<GuestSegment>(in part), offset, mayBlock);
    }

    public override long Write(ReadOnlySpan<GuestSegment> segments, long offset)
    {
        int call = Interlocked.Increment(ref _calls);
        if (call % 5 == 0)
            return -FileError.Interrupted;
        GuestSegment part = Part(segments, call);
        return file.Write(new ReadOnlySpan<GuestSegment>(in part), offset);
    }

    public override long Sync() =>
        Interlocked.Increment(ref _calls) % 2 == 0 ? -FileError.Interrupted : file.Sync();

    public override long ZeroRange(long offset, long lengthBytes) =>
        Interlocked.Increment(ref _calls) % 2 == 0 ? -FileError.Interrupted : -FileError.NotSupported;

    public override long PunchHole(long offset, long lengthBytes) =>
        Interlocked.Increment(ref _calls) % 2 == 0 ? -FileError.Interrupted : file.PunchHole(offset, lengthBytes);

    public override long SetLength(long lengthBytes) => file.SetLength(lengthBytes);

    public override void Dispose() => file.Dispose();

    private static GuestSegment Part(ReadOnlySpan<GuestSegment> segments, int call) =>
        new(segments[0].Address, Math.Min(segments[0].LengthBytes, (nuint)(1 + (call % 1000))));
}
