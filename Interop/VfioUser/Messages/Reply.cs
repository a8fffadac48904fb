using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using NvmeDoorbell.VfioUser.Transport;

namespace NvmeDoorbell.VfioUser.Messages;

/// <summary>The payload of a reply as it is put together, and the descriptors that go with it. Used again.</summary>
internal sealed class Reply
{
    private const int InitialBytes = 4096;
    private const int MaxDescriptors = 16;

    private readonly int[] _descriptors = new int[MaxDescriptors];
    private byte[] _buffer = new byte[InitialBytes];
    private int _payloadBytes;
    private int _descriptorCount;

    /// <summary>Empties it.</summary>
    public void Clear() => _payloadBytes = _descriptorCount = 0;

    /// <summary>Appends a struct as it lies in memory.</summary>
    public void Write<T>(in T value)
        where T : unmanaged => MemoryMarshal.Write(Append(Unsafe.SizeOf<T>()), in value);

    /// <summary>Appends bytes.</summary>
    public void Write(ReadOnlySpan<byte> bytes) => bytes.CopyTo(Append(bytes.Length));

    /// <summary>Appends zeroed bytes and returns them to be filled, before anything else is appended.</summary>
    public Span<byte> Append(int lengthBytes)
    {
        int start = MessageHeader.SizeBytes + _payloadBytes;
        if (_buffer.Length < start + lengthBytes)
            Array.Resize(ref _buffer, Math.Max(_buffer.Length * 2, start + lengthBytes));
        _payloadBytes += lengthBytes;
        Span<byte> appended = _buffer.AsSpan(start, lengthBytes);
        appended.Clear();
        return appended;
    }

    /// <summary>Adds a descriptor, which stays the caller's.</summary>
    /// <returns>Its index in the message.</returns>
    public int Attach(int descriptor)
    {
        _descriptors[_descriptorCount] = descriptor;
        return _descriptorCount++;
    }

    /// <summary>Sends it. A reply of an error is its header alone.</summary>
    public bool Send(UnixStream stream, in MessageHeader command, Errno error)
    {
        if (error != Errno.None)
            Clear();
        MemoryMarshal.Write(_buffer, command.ForReply(_payloadBytes, error));
        return stream.Send(
            _buffer.AsSpan(0, MessageHeader.SizeBytes + _payloadBytes), _descriptors.AsSpan(0, _descriptorCount));
    }
}
