using System.Runtime.InteropServices;

namespace NvmeDoorbell.VfioUser.Messages;

/// <summary>What every message begins with ("Header"). In the byte order of the host, as all of the protocol.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct MessageHeader
{
    public const int SizeBytes = 16;

    private const uint TypeMask = 0xF;
    private const uint ReplyType = 1;
    private const uint NoReply = 1 << 4;
    private const uint Error = 1 << 5;

    /// <summary>The sender's own; echoed in the reply.</summary>
    public ushort Id;

    /// <summary>What is asked, or answered.</summary>
    public CommandId Command;

    /// <summary>Of the whole message, this header included.</summary>
    public uint MessageBytes;

    /// <summary>Bits 3:0 type, bit 4 no reply wanted, bit 5 error.</summary>
    public uint Flags;

    /// <summary>With the error bit of a reply, why; else reserved.</summary>
    public uint ErrorNumber;

    /// <summary>A command: type 0.</summary>
    public readonly bool IsCommand => (Flags & TypeMask) == 0;

    /// <summary>A reply: type 1.</summary>
    public readonly bool IsReply => (Flags & TypeMask) == ReplyType;

    /// <summary>A reply that says that the command has failed.</summary>
    public readonly bool IsError => (Flags & Error) != 0;

    /// <summary>A command that is not to be answered.</summary>
    public readonly bool WantsNoReply => (Flags & NoReply) != 0;

    /// <summary>The header of a command of ours.</summary>
    public static MessageHeader ForCommand(ushort id, CommandId command, int payloadBytes, bool wantsReply = true) => new()
    {
        Id = id,
        Command = command,
        MessageBytes = (uint)(SizeBytes + payloadBytes),
        Flags = wantsReply ? 0 : NoReply,
    };

    /// <summary>The header of the reply to this command.</summary>
    public readonly MessageHeader ForReply(int payloadBytes, Errno error) => new()
    {
        Id = Id,
        Command = Command,
        MessageBytes = (uint)(SizeBytes + payloadBytes),
        Flags = error == Errno.None ? ReplyType : ReplyType | Error,
        ErrorNumber = (uint)error,
    };
}
