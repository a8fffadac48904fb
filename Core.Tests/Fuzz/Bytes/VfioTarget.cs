using System.Buffers.Binary;
using System.Text;
using NvmeDoorbell.Doorbells;
using NvmeDoorbell.Storage;
using NvmeDoorbell.VfioUser.Session;

namespace NvmeDoorbell.Tests.Fuzz.Bytes;

/// <summary>
/// A vfio-user client that sends what the input says. The first byte says whether it introduces itself as it should.
/// Then a byte is a command with bits of its own (<see cref="NoReply"/> and beyond), followed by what it takes:
/// descriptors (count in the high half, the first one's number in the low), header (with <see cref="OwnHeader"/>: size
/// and flags), length of the payload, payload.
/// </summary>
/// <remarks>
/// The session, the reactor and the client take turns on one thread. Memory that came without a descriptor cannot be
/// reached by them, since the reply would have to come from the thread that waits: such accesses are refused.
/// </remarks>
internal sealed class VfioTarget : ByteTarget
{
    private const byte CommandBits = 0x1F;
    private const byte NoReply = 0x20;
    private const byte OwnHeader = 0x40;
    private const byte NoHeader = 0x80;

    // Acts beside the commands of the protocol, which has none of these.
    private const int Store = 31;
    private const int Turns = 30;
    private const int Touch = 29;

    private const int MaxActs = 64;
    private const int MaxDescriptors = 64; // of one input: how many a message may bring, other tests try

    private const ushort Version = 1;
    private const string Json = """{"capabilities":{"max_msg_fds":16,"max_data_xfer_size":1048576,"write_multiple":true}}""";

    private readonly Reactor _reactor = new(new ReactorOptions { OwnThread = false, Polling = ReactorPolling.Never });
    private readonly VfioBelongings _belongings = new();
    private readonly RamDisk _disk = new(64 << 10);
    private (int Descriptors, int Mappings) _before;
    private VfioPeer _peer = null!;
    private ClientSession _session = null!;
    private ReferenceSession _reference = null!;
    private bool _hasBegun;
    private bool _isOver;
    private int _descriptors;

    public override IReadOnlyList<byte[]> Words { get; } =
    [
        .. new ulong[] { 0, 0x1000, 0x1_0000, 0xF000, 0x1_0000_0000, ulong.MaxValue, 1ul << 63 }.Select(BitConverter.GetBytes),
        .. new uint[]
        {
            0, 1, 7, 8, 16, 20, 24, 32, 64, 0x21, 0x22, 0x24, 0x09, 0x0A, 0x0C, 0x11, 0x12, 0x14, 4096, 0x10_0010, 0x10_0021,
            0x0046_0001, 0x1F_001F, uint.MaxValue,
        }.Select(BitConverter.GetBytes),
        Encoding.UTF8.GetBytes("""{"capabilities":{"""),
        Encoding.UTF8.GetBytes("\"max_msg_fds\":"),
        Encoding.UTF8.GetBytes("\"max_data_xfer_size\":"),
        Encoding.UTF8.GetBytes("\"write_multiple\":true"),
    ];

    public override int Run(ReadOnlySpan<byte> input)
    {
        _belongings.Restore();
        _before = VfioBelongings.Count();
        int acts = Serve(input);
        (int Descriptors, int Mappings) after = VfioBelongings.Count();
        if (after != _before)
            throw new OracleException($"leak: {_before} before, {after} when the client has gone");
        if (_reactor.TaskCount != 0)
            throw new OracleException($"{_reactor.TaskCount} tasks are left when the client has gone");
        return acts;
    }

    public override void Dispose()
    {
        _reactor.Dispose();
        _disk.Dispose();
        _belongings.Dispose();
    }

    private int Serve(ReadOnlySpan<byte> input)
    {
        var reader = new ByteReader(input);
        byte manner = reader.Byte();
        var model = new DeviceModel
        {
            Disks = [_disk],
            Reactors = [_reactor],
            QueuePairs = 2,
            MapsDoorbells = (manner & 2) != 0,
        };
        using var peer = new VfioPeer();
        using var session = new ClientSession(peer.Server, model, events: null);
        (_peer, _session, _reference) = (peer, session, new ReferenceSession());
        (_hasBegun, _isOver, _descriptors) = (false, false, 0);
        if ((manner & 1) == 0)
            Send(Version, flags: 0, [0, 0, 0, 0, .. Encoding.UTF8.GetBytes(Json), 0], []);
        int acts = 0;
        for (; !reader.IsAtEnd && acts < MaxActs && !_isOver; acts++)
            Do(ref reader);
        peer.End();
        // Half a message may have been left: the session is told that no more of it comes.
        if (!_isOver && Step())
            throw new OracleException("a session that goes on without a client");
        // The session's own wait for the end is made for other threads' reactors and sleeps now and then: little is left.
        session.Device?.Function.Controller.StartReset();
        Turn(16);
        return acts;
    }

    private void Do(ref ByteReader reader)
    {
        byte act = reader.Byte();
        if ((act & NoHeader) != 0)
        {
            Send(reader.Take(reader.Byte()), Descriptors(reader.Byte()));
            return;
        }
        switch (act & CommandBits)
        {
            case Store:
                int address = reader.UInt16();
                ReadOnlySpan<byte> bytes = reader.Take(reader.Byte());
                bytes[..Math.Min(bytes.Length, VfioBelongings.RamBytes - address)].CopyTo(_belongings.Ram[address..]);
                break;
            case Turns:
                Turn(1 + reader.Byte() % 8);
                break;
            case Touch:
                byte which = reader.Byte();
                _belongings.Touch(isBlocking: (which & 1) != 0, isWrite: (which & 2) != 0);
                break;
            case int command:
                int[] descriptors = Descriptors(reader.Byte());
                uint? sizeBytes = (act & OwnHeader) != 0 ? reader.UInt32() : null;
                uint flags = (act & OwnHeader) != 0 ? reader.UInt32() : (act & NoReply) != 0 ? 0x10u : 0;
                Send((ushort)command, flags, reader.Take(reader.Byte()), descriptors, sizeBytes);
                break;
        }
    }

    private int[] Descriptors(byte chosen)
    {
        int count = Math.Min(chosen >> 4, MaxDescriptors - _descriptors);
        _descriptors += count;
        return [.. Enumerable.Range(chosen & 0xF, count).Select(number => _belongings[number])];
    }

    private void Send(ushort command, uint flags, ReadOnlySpan<byte> payload, int[] descriptors, uint? sizeBytes = null)
    {
        var message = new byte[16 + payload.Length];
        BinaryPrimitives.WriteUInt16LittleEndian(message, 0x4321);
        BinaryPrimitives.WriteUInt16LittleEndian(message.AsSpan(2), command);
        BinaryPrimitives.WriteUInt32LittleEndian(message.AsSpan(4), sizeBytes ?? (uint)message.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(message.AsSpan(8), flags);
        payload.CopyTo(message.AsSpan(16));
        Send(message, descriptors);
    }

    /// <summary>Sends, and has the session take all that it can without waiting for more.</summary>
    private void Send(ReadOnlySpan<byte> bytes, int[] descriptors)
    {
        if (bytes.IsEmpty)
            return;
        _peer.Send(bytes, descriptors);
        _reference.Add(bytes);
        while (!_isOver && _reference.Next() is { } outcome)
        {
            bool goesOn = Step();
            ReferenceSession.Check(outcome, _peer.TakeReplies(), goesOn);
            _isOver = !goesOn;
            Turn(2);
        }
    }

    private bool Step()
    {
        if (_hasBegun)
            return _session.Step();
        _hasBegun = true;
        return _session.Begin();
    }

    private void Turn(int turns)
    {
        _session.Device?.Messages.Refuse();
        for (; turns > 0; turns--)
            _reactor.Run(TimeSpan.Zero);
    }
}
