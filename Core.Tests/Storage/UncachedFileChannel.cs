using NvmeDoorbell.Memory;
using NvmeDoorbell.Storage;

namespace NvmeDoorbell.Tests.Storage;

/// <summary>A file of which nothing is ever cached: every read would have to wait.</summary>
internal sealed class UncachedFileChannel(FileChannel file) : FileChannel
{
    public override int Descriptor => file.Descriptor;

    public override FileAlignment Alignment => file.Alignment;

    public override long GetLength() => file.GetLength();

    public override long Read(ReadOnlySpan<GuestSegment> segments, long offset, bool mayBlock) =>
        mayBlock ? file.Read(segments, offset, mayBlock) : -FileError.TryAgain;

    public override long Write(ReadOnlySpan<GuestSegment> segments, long offset) => file.Write(segments, offset);

    public override long Sync() => file.Sync();

    public override long ZeroRange(long offset, long lengthBytes) => file.ZeroRange(offset, lengthBytes);

    public override long PunchHole(long offset, long lengthBytes) => file.PunchHole(offset, lengthBytes);

    public override long SetLength(long lengthBytes) => file.SetLength(lengthBytes);

    public override void Dispose() => file.Dispose();
}
