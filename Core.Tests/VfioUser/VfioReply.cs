using System.Buffers.Binary;
using NvmeDoorbell.VfioUser.Transport;

namespace NvmeDoorbell.Tests.VfioUser;

/// <summary>A reply of the server.</summary>
internal sealed record VfioReply(ushort Id, ushort Command, int Error, byte[] Payload, Descriptor[] Descriptors)
{
    public uint U32At(int offset) => BinaryPrimitives.ReadUInt32LittleEndian(Payload.AsSpan(offset));

    public ulong U64At(int offset) => BinaryPrimitives.ReadUInt64LittleEndian(Payload.AsSpan(offset));
}
