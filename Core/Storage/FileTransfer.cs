using NvmeDoorbell.Memory;

namespace NvmeDoorbell.Storage;

/// <summary>
/// Carries a whole request through a <see cref="FileChannel"/> that may move less than asked for, be interrupted, or
/// take only so many segments at once.
/// </summary>
internal static class FileTransfer
{
    /// <summary>Reads all of the request's range.</summary>
    /// <returns>
    /// <see cref="DiskStatus.Pending"/>: not <paramref name="mayBlock"/>, and it would wait; to be read again from the
    /// start. The file ends inside the range: <see cref="DiskStatus.ReadError"/>.
    /// </returns>
    public static DiskStatus Read(FileChannel channel, DiskRequest request, bool mayBlock)
    {
        Position position = new(request);
        while (position.LeftBytes > 0)
        {
            if (position.IsPastSegments)
                return DiskStatus.InternalError;
            GuestSegment rest = position.Rest;
            long result = channel.Read(position.Next(in rest), position.Offset, mayBlock);
            if (result > 0)
                position.Advance(result);
            else if (result == -FileError.TryAgain && !mayBlock)
                return DiskStatus.Pending;
            else if (result != -FileError.Interrupted)
                return FileError.ToStatus(result, DiskStatus.ReadError);
        }
        return DiskStatus.Success;
    }

    /// <summary>Writes all of the request's range.</summary>
    public static DiskStatus Write(FileChannel channel, DiskRequest request)
    {
        Position position = new(request);
        while (position.LeftBytes > 0)
        {
            if (position.IsPastSegments)
                return DiskStatus.InternalError;
            GuestSegment rest = position.Rest;
            long result = channel.Write(position.Next(in rest), position.Offset);
            if (result > 0)
                position.Advance(result);
            else if (result != -FileError.Interrupted)
                return FileError.ToStatus(result, DiskStatus.WriteFault);
        }
        return DiskStatus.Success;
    }

    /// <summary>Writes <paramref name="lengthBytes"/> zeroes, from a block of them, again and again.</summary>
    public static DiskStatus WriteZeroes(FileChannel channel, NativeBlock zeroes, ulong offset, ulong lengthBytes)
    {
        ulong done = 0;
        while (done < lengthBytes)
        {
            GuestSegment chunk = new(zeroes.Address, (nuint)Math.Min(lengthBytes - done, zeroes.LengthBytes));
            long result = channel.Write(new ReadOnlySpan<GuestSegment>(in chunk), (long)(offset + done));
            if (result > 0)
                done += (ulong)result;
            else if (result != -FileError.Interrupted)
                return FileError.ToStatus(result, DiskStatus.WriteFault);
        }
        return DiskStatus.Success;
    }

    /// <summary>How far a request has got: a segment, and how much of that one.</summary>
    private ref struct Position(DiskRequest request)
    {
        private readonly ReadOnlySpan<GuestSegment> _segments = request.Segments;
        private int _index;
        private nuint _within;

        public ulong LeftBytes { get; private set; } = request.LengthBytes;

        public long Offset { get; private set; } = (long)request.OffsetBytes;

        /// <summary>The segments are fewer than the length: the owner has made a false sum.</summary>
        public readonly bool IsPastSegments => _index >= _segments.Length;

        /// <summary>What is left of the current segment.</summary>
        public readonly GuestSegment Rest
        {
            get
            {
                GuestSegment segment = _segments[_index];
                return new GuestSegment(segment.Address + (nint)_within, segment.LengthBytes - _within);
            }
        }

        /// <summary>
        /// The segments of the next call: as many as it takes from a segment's start, else the rest of a broken one
        /// alone, because the list itself is not changed.
        /// </summary>
        public readonly ReadOnlySpan<GuestSegment> Next(ref readonly GuestSegment rest) => _within > 0
            ? new ReadOnlySpan<GuestSegment>(in rest)
            : _segments.Slice(_index, Math.Min(_segments.Length - _index, FileChannel.MaxSegments));

        public void Advance(long bytes)
        {
            LeftBytes -= Math.Min((ulong)bytes, LeftBytes);
            Offset += bytes;
            _within += (nuint)bytes;
            while (_index < _segments.Length && _within >= _segments[_index].LengthBytes)
                _within -= _segments[_index++].LengthBytes;
        }
    }
}
