using System.Buffers.Binary;

namespace NvmeDoorbell.Tests.Fuzz.Bytes;

/// <summary>
/// What a server owes to a stream of bytes, written from the protocol a second time: where each message ends, whether it
/// is answered, and whether the connection goes on.
/// </summary>
internal sealed class ReferenceSession
{
    private const int HeaderBytes = 16;
    private const uint MaxMessageBytes = HeaderBytes + 16 + (1 << 20);
    private const ushort Version = 1;
    private const ushort DmaRead = 11;
    private const ushort DmaWrite = 12;
    private const uint NoReply = 0x10;
    private const uint Error = 0x20;

    private readonly List<byte> _unread = [];
    private bool _isIntroduced;

    /// <summary>What follows from a message.</summary>
    /// <param name="Id">The identifier that a reply echoes.</param>
    /// <param name="Command">The command that a reply echoes.</param>
    /// <param name="IsAnswered">There is one reply; else none.</param>
    /// <param name="MustFail">The reply is one of an error.</param>
    /// <param name="Ends">The connection is over; null: if the reply is one of an error.</param>
    public readonly record struct Outcome(ushort Id, ushort Command, bool IsAnswered, bool MustFail, bool? Ends);

    /// <summary>The client has sent something.</summary>
    public void Add(ReadOnlySpan<byte> bytes) => _unread.AddRange(bytes);

    /// <summary>The next message that the server has all of, or that it need not wait for the rest of.</summary>
    public Outcome? Next()
    {
        if (_unread.Count < HeaderBytes)
            return null;
        Span<byte> header = stackalloc byte[HeaderBytes];
        _unread.GetRange(0, HeaderBytes).ToArray().CopyTo(header);
        ushort id = BinaryPrimitives.ReadUInt16LittleEndian(header);
        ushort command = BinaryPrimitives.ReadUInt16LittleEndian(header[2..]);
        uint sizeBytes = BinaryPrimitives.ReadUInt32LittleEndian(header[4..]);
        uint flags = BinaryPrimitives.ReadUInt32LittleEndian(header[8..]);
        if (sizeBytes is < HeaderBytes or > MaxMessageBytes)
            return new Outcome(id, command, IsAnswered: true, MustFail: true, Ends: true);
        if (_unread.Count < sizeBytes)
            return null;
        _unread.RemoveRange(0, (int)sizeBytes);
        uint type = flags & 0xF;
        if (!_isIntroduced)
        {
            _isIntroduced = true;
            bool isWrong = type != 0 || command != Version;
            return new Outcome(id, command, IsAnswered: true, MustFail: isWrong, Ends: isWrong ? true : null);
        }
        return type switch
        {
            0 => new Outcome(id, command, IsAnswered: (flags & NoReply) == 0, MustFail: false, Ends: false),
            1 => new Outcome(id, command, IsAnswered: false, MustFail: false, Ends: command is not (DmaRead or DmaWrite)),
            _ => new Outcome(id, command, IsAnswered: true, MustFail: true, Ends: true),
        };
    }

    /// <summary>Holds what the server has done against what it owes.</summary>
    /// <param name="outcome">What it owes.</param>
    /// <param name="replies">What it has sent.</param>
    /// <param name="goesOn">Whether it waits for more.</param>
    public static void Check(in Outcome outcome, ReadOnlySpan<byte> replies, bool goesOn)
    {
        if (!outcome.IsAnswered)
        {
            Demand(replies.IsEmpty, "an answer that nobody wants");
            Demand(goesOn != outcome.Ends, "a connection that goes on, or ends, against the protocol");
            return;
        }
        Demand(replies.Length >= HeaderBytes, "no answer");
        uint flags = BinaryPrimitives.ReadUInt32LittleEndian(replies[8..]);
        uint number = BinaryPrimitives.ReadUInt32LittleEndian(replies[12..]);
        bool isError = (flags & Error) != 0;
        Demand(BinaryPrimitives.ReadUInt16LittleEndian(replies) == outcome.Id, "an answer with another identifier");
        Demand(BinaryPrimitives.ReadUInt16LittleEndian(replies[2..]) == outcome.Command, "an answer to another command");
        Demand(BinaryPrimitives.ReadUInt32LittleEndian(replies[4..]) == replies.Length, "an answer of another size than it says");
        Demand((flags & ~Error) == 1, "an answer with other flags");
        Demand(isError == (number != 0), "an error without a number, or a number without an error");
        Demand(!isError || replies.Length == HeaderBytes, "an error with a payload");
        Demand(isError || !outcome.MustFail, "a message that is wrong is taken");
        Demand(goesOn != (outcome.Ends ?? isError), "a connection that goes on, or ends, against the protocol");
    }

    private static void Demand(bool holds, string otherwise)
    {
        if (!holds)
            throw new OracleException(otherwise);
    }
}
