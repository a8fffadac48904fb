using NvmeDoorbell.Memory;

namespace NvmeDoorbell.Storage;

/// <summary>
/// Carries a whole request through a <see cref="FileChannel"/> that may move less than asked for, be interrupted, or
/// take only so many segments at once.
/// </summary>
internal static class FileTransfer
{
    /// <summary>Reads or writes all of the request's range, and waits where that has to be.</summary>
    public static DiskStatus Run(FileChannel channel, DiskRequest request)
    {
        TransferPosition position = new(request);
        return Run(channel, ref position);
    }

    /// <summary>Reads or writes what is left of a request.</summary>
    public static DiskStatus Run(FileChannel channel, ref TransferPosition position) =>
        position.Request.Operation == DiskOperation.Read
            ? Read(channel, ref position, mayBlock: true)
            : Write(channel, ref position);

    /// <summary>Reads what does not have to be waited for.</summary>
    /// <returns>
    /// <see cref="DiskStatus.Pending"/>: it would have to be; read it again from the start. The file ends inside the
    /// range: <see cref="DiskStatus.ReadError"/>.
    /// </returns>
    public static DiskStatus TryRead(FileChannel channel, DiskRequest request)
    {
        TransferPosition position = new(request);
        return Read(channel, ref position, mayBlock: false);
    }

    /// <summary>What an error of the system means for a read or write, where it has no meaning of its own.</summary>
    public static DiskStatus FaultOf(DiskRequest request) =>
        request.Operation == DiskOperation.Read ? DiskStatus.ReadError : DiskStatus.WriteFault;

    /// <summary>Reads or writes by way of a buffer that direct I/O can take, a buffer at a time.</summary>
    public static DiskStatus RunThrough(NativeBlock buffer, FileChannel channel, DiskRequest request)
    {
        TransferPosition inMemory = new(request);
        ulong done = 0;
        while (done < request.LengthBytes)
        {
            if (inMemory.IsPastSegments)
                return DiskStatus.InternalError;
            int length = (int)Math.Min(request.LengthBytes - done, buffer.LengthBytes);
            Span<byte> bytes = buffer.Span[..length];
            if (request.Operation == DiskOperation.Write)
                Copy(ref inMemory, bytes, toSegments: false);
            DiskStatus status = RunOn(buffer, channel, request, request.OffsetBytes + done, length);
            if (status != DiskStatus.Success)
                return status;
            if (request.Operation == DiskOperation.Read)
                Copy(ref inMemory, bytes, toSegments: true);
            done += (ulong)length;
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

    private static DiskStatus Read(FileChannel channel, ref TransferPosition position, bool mayBlock)
    {
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

    private static DiskStatus Write(FileChannel channel, ref TransferPosition position)
    {
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

    private static DiskStatus RunOn(
        NativeBlock buffer, FileChannel channel, DiskRequest request, ulong offset, int lengthBytes)
    {
        int done = 0;
        while (done < lengthBytes)
        {
            GuestSegment rest = new(buffer.Address + done, (nuint)(lengthBytes - done));
            var segments = new ReadOnlySpan<GuestSegment>(in rest);
            long result = request.Operation == DiskOperation.Read
                ? channel.Read(segments, (long)offset + done, mayBlock: true)
                : channel.Write(segments, (long)offset + done);
            if (result > 0)
                done += (int)result;
            else if (result != -FileError.Interrupted)
                return FileError.ToStatus(result, FaultOf(request));
        }
        return DiskStatus.Success;
    }

    private static void Copy(ref TransferPosition position, Span<byte> buffer, bool toSegments)
    {
        while (!buffer.IsEmpty && !position.IsPastSegments)
        {
            Span<byte> segment = position.Rest.Span;
            segment = segment[..Math.Min(segment.Length, buffer.Length)];
            if (toSegments)
                buffer[..segment.Length].CopyTo(segment);
            else
                segment.CopyTo(buffer);
            position.Advance(segment.Length);
            buffer = buffer[segment.Length..];
        }
    }
}
