using System.Runtime.InteropServices;
using NvmeDoorbell.VfioUser.Transport;

namespace NvmeDoorbell.VfioUser.Messages;

/// <summary>One message as it came: header, payload, descriptors. Used again for the next one.</summary>
internal sealed class Message : IDisposable
{
    private const int InitialBytes = 4096;

    private byte[] _buffer = new byte[InitialBytes];

    /// <summary>The header.</summary>
    public MessageHeader Header { get; private set; }

    /// <summary>What followed it.</summary>
    public ReadOnlySpan<byte> Payload => _buffer.AsSpan(0, (int)Header.MessageBytes - MessageHeader.SizeBytes);

    /// <summary>What came along.</summary>
    public DescriptorList Descriptors { get; } = new();

    /// <summary>The fixed part that a payload begins with. False: the payload is shorter.</summary>
    public bool TryRead<T>(out T value)
        where T : unmanaged => MemoryMarshal.TryRead(Payload, out value);

    /// <summary>Receives the next message.</summary>
    /// <param name="stream">Where from.</param>
    /// <param name="maxBytes">The longest message that is taken.</param>
    public MessageResult Receive(UnixStream stream, int maxBytes)
    {
        Descriptors.Clear();
        Header = new MessageHeader { MessageBytes = MessageHeader.SizeBytes };
        Span<byte> header = stackalloc byte[MessageHeader.SizeBytes];
        ReceiveResult received = stream.Receive(header, Descriptors);
        if (received != ReceiveResult.Complete)
            return ToResult(received);
        MessageHeader found = MemoryMarshal.Read<MessageHeader>(header);
        if (found.MessageBytes < MessageHeader.SizeBytes || found.MessageBytes > (uint)maxBytes)
        {
            Header = found with { MessageBytes = MessageHeader.SizeBytes };
            return MessageResult.WrongSize;
        }
        Header = found;
        int payloadBytes = (int)found.MessageBytes - MessageHeader.SizeBytes;
        if (_buffer.Length < payloadBytes)
            _buffer = new byte[payloadBytes];
        return ToResult(stream.Receive(_buffer.AsSpan(0, payloadBytes), Descriptors));
    }

    /// <inheritdoc/>
    public void Dispose() => Descriptors.Dispose();

    private static MessageResult ToResult(ReceiveResult received) => received switch
    {
        ReceiveResult.Complete => MessageResult.Received,
        ReceiveResult.Ended => MessageResult.Ended,
        _ => MessageResult.TooManyDescriptors,
    };
}
