using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Text;
using NvmeDoorbell.VfioUser.Transport;

namespace NvmeDoorbell.Tests.VfioUser;

/// <summary>
/// A client written from the protocol's specification: it puts each message together by offsets, and shares nothing
/// with the server but the carrying of descriptors.
/// </summary>
internal sealed class VfioClient : IDisposable
{
    public const ushort Version = 1;
    public const ushort DmaMap = 2;
    public const ushort DmaUnmap = 3;
    public const ushort GetInfo = 4;
    public const ushort GetRegionInfo = 5;
    public const ushort GetRegionIoFds = 6;
    public const ushort GetIrqInfo = 7;
    public const ushort SetIrqs = 8;
    public const ushort RegionRead = 9;
    public const ushort RegionWrite = 10;
    public const ushort DmaRead = 11;
    public const ushort DmaWrite = 12;
    public const ushort Reset = 13;
    public const ushort RegionWriteMulti = 15;
    public const ushort DeviceFeature = 16;

    public const int HeaderBytes = 16;
    public const uint NoReply = 0x10;

    public const int NoEntry = 2;
    public const int Exists = 17;
    public const int Invalid = 22;
    public const int NotSupported = 95;

    private readonly DescriptorList _received = new();
    private readonly BlockingCollection<VfioReply?> _replies = [];
    private ushort _nextId = 0x1234;
    private Thread? _receiver;

    public VfioClient(string path)
    {
        Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Connect(new UnixDomainSocketEndPoint(path));
        Stream = new UnixStream(socket);
    }

    /// <summary>The connection, for what no client should send.</summary>
    public UnixStream Stream { get; }

    /// <summary>Answers a command of the server: command, payload; the payload of the reply, or null for an error.</summary>
    public Func<ushort, byte[], byte[]?>? OnServerCommand { get; set; }

    /// <summary>It leaves the server's commands without any answer.</summary>
    public bool IsSilent { get; set; }

    /// <summary>A client that has introduced itself.</summary>
    public static VfioClient Connect(string path, string capabilities = "{}")
    {
        VfioClient client = new(path);
        VfioReply reply = client.Request(Version, VersionPayload(capabilities));
        Assert.That(reply.Error, Is.Zero, "VERSION");
        return client;
    }

    public static byte[] VersionPayload(string json, ushort major = 0, ushort minor = 0) =>
        [.. U16(major), .. U16(minor), .. Encoding.UTF8.GetBytes(json), 0];

    public static byte[] U16(ushort value)
    {
        var bytes = new byte[2];
        BinaryPrimitives.WriteUInt16LittleEndian(bytes, value);
        return bytes;
    }

    public static byte[] U32(params uint[] values)
    {
        var bytes = new byte[4 * values.Length];
        for (int index = 0; index < values.Length; index++)
            BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(4 * index), values[index]);
        return bytes;
    }

    public static byte[] U64(params ulong[] values)
    {
        var bytes = new byte[8 * values.Length];
        for (int index = 0; index < values.Length; index++)
            BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(8 * index), values[index]);
        return bytes;
    }

    /// <summary>A whole message.</summary>
    public static byte[] Message(ushort id, ushort command, ReadOnlySpan<byte> payload, uint flags = 0, uint? sizeBytes = null) =>
        [.. U16(id), .. U16(command), .. U32(sizeBytes ?? (uint)(HeaderBytes + payload.Length), flags, 0), .. payload];

    /// <summary>Sends a command and returns its identifier.</summary>
    public ushort Send(ushort command, ReadOnlySpan<byte> payload, uint flags = 0, params int[] descriptors)
    {
        ushort id = _nextId++;
        Stream.Send(Message(id, command, payload, flags), descriptors);
        return id;
    }

    /// <summary>Sends a command and waits for its reply.</summary>
    public VfioReply Request(ushort command, ReadOnlySpan<byte> payload, params int[] descriptors)
    {
        ushort id = Send(command, payload, 0, descriptors);
        VfioReply reply = Receive() ?? throw new AssertionException($"The server has closed the connection at command {command}.");
        Assert.Multiple(() =>
        {
            Assert.That(reply.Id, Is.EqualTo(id), "identifier of the reply");
            Assert.That(reply.Command, Is.EqualTo(command), "command of the reply");
        });
        return reply;
    }

    /// <summary>The payload of the reply to a command that must succeed.</summary>
    public byte[] Ask(ushort command, ReadOnlySpan<byte> payload, params int[] descriptors)
    {
        VfioReply reply = Request(command, payload, descriptors);
        Assert.That(reply.Error, Is.Zero, $"error of command {command}");
        return reply.Payload;
    }

    /// <summary>Answers commands of the server on a thread of its own from now on, whatever the test does.</summary>
    public void ServeInBackground()
    {
        _receiver = new Thread(() =>
        {
            VfioReply? reply;
            do
            {
                reply = ReceiveHere();
                _replies.Add(reply);
            }
            while (reply is not null);
        })
        { IsBackground = true, Name = "client" };
        _receiver.Start();
    }

    /// <summary>The next reply; null: the server has closed the connection. Commands of the server are answered.</summary>
    public VfioReply? Receive() => _receiver is null ? ReceiveHere() : _replies.Take();

    private VfioReply? ReceiveHere()
    {
        while (true)
        {
            var header = new byte[HeaderBytes];
            _received.Clear();
            if (Stream.Receive(header, _received) != ReceiveResult.Complete)
                return null;
            var payload = new byte[BinaryPrimitives.ReadUInt32LittleEndian(header.AsSpan(4)) - HeaderBytes];
            if (Stream.Receive(payload, _received) != ReceiveResult.Complete)
                return null;
            ushort id = BinaryPrimitives.ReadUInt16LittleEndian(header);
            ushort command = BinaryPrimitives.ReadUInt16LittleEndian(header.AsSpan(2));
            uint flags = BinaryPrimitives.ReadUInt32LittleEndian(header.AsSpan(8));
            if ((flags & 0xF) == 0)
            {
                AnswerServer(id, command, payload, wantsReply: (flags & NoReply) == 0);
                continue;
            }
            uint error = BinaryPrimitives.ReadUInt32LittleEndian(header.AsSpan(12));
            Assert.That((flags & 0x20) != 0, Is.EqualTo(error != 0), "the error bit goes with an error");
            if (error != 0)
                Assert.That(payload, Is.Empty, "a reply of an error is its header alone");
            Descriptor[] descriptors = [.. Enumerable.Range(0, _received.Count).Select(_received.Take)];
            return new VfioReply(id, command, (int)error, payload, descriptors);
        }
    }

    /// <summary>Whether the server has closed the connection; what it still sends before that is let pass.</summary>
    public bool IsClosedByServer()
    {
        while (Receive() is not null)
        {
        }
        return true;
    }

    public ulong ReadBar0(ulong offset, int width)
    {
        byte[] reply = Ask(RegionRead, [.. U64(offset), .. U32(0, (uint)width)]);
        Assert.That(reply, Has.Length.EqualTo(16 + width));
        var value = new byte[8];
        reply.AsSpan(16).CopyTo(value);
        return BinaryPrimitives.ReadUInt64LittleEndian(value);
    }

    public void WriteBar0(ulong offset, int width, ulong value) =>
        Ask(RegionWrite, WritePayload(0, offset, U64(value).AsSpan(0, width)));

    /// <summary>A write that asks for no reply.</summary>
    public void PostBar0(ulong offset, int width, ulong value) =>
        Send(RegionWrite, WritePayload(0, offset, U64(value).AsSpan(0, width)), NoReply);

    public byte[] ReadRegion(uint region, ulong offset, int length) =>
        Ask(RegionRead, [.. U64(offset), .. U32(region, (uint)length)])[16..];

    public static byte[] WritePayload(uint region, ulong offset, ReadOnlySpan<byte> data) =>
        [.. U64(offset), .. U32(region, (uint)data.Length), .. data];

    public static byte[] MapPayload(ulong address, ulong length, ulong offset = 0, uint flags = 3, uint argsz = 32) =>
        [.. U32(argsz, flags), .. U64(offset, address, length)];

    public static byte[] UnmapPayload(ulong address, ulong length, uint flags = 0, uint argsz = 24) =>
        [.. U32(argsz, flags), .. U64(address, length)];

    public static byte[] IrqPayload(uint flags, uint index, uint start, uint count, params byte[] chosen) =>
        [.. U32((uint)(20 + chosen.Length), flags, index, start, count), .. chosen];

    public void Dispose()
    {
        Stream.Shutdown();
        _receiver?.Join();
        _replies.Dispose();
        _received.Dispose();
        Stream.Dispose();
    }

    private void AnswerServer(ushort id, ushort command, byte[] payload, bool wantsReply)
    {
        byte[]? reply = OnServerCommand?.Invoke(command, payload);
        if (IsSilent || !wantsReply)
            return;
        Stream.Send([.. U16(id), .. U16(command), .. U32((uint)(HeaderBytes + (reply?.Length ?? 0)), reply is null ? 0x21u : 1u, reply is null ? 14u : 0u), .. reply ?? []]);
    }
}
