using System.Buffers;
using System.Buffers.Binary;
using System.Numerics;
using NvmeDoorbell.Memory;
using NvmeDoorbell.Spec;
using NvmeDoorbell.Tests.Drivers;

namespace NvmeDoorbell.Tests.Fuzz.Bytes;

/// <summary>
/// Restoring saved state. An input changes a good one: two bytes say where, one says how (a byte flipped or set, four or
/// eight bytes set), then the bytes; the checksum is mended. What is restored all the same goes on, and is reset.
/// </summary>
internal sealed class StateTarget : ByteTarget
{
    private const int HeaderBytes = 24;
    private const int ChecksummedFrom = 16;

    private readonly ByteMachine _machine = new();
    private readonly byte[] _good;

    public StateTarget()
    {
        _machine.Begin();
        _machine.BringUp();
        _machine.Admin.Submit(new SubmissionEntry { Opcode = (byte)AdminOpcode.AsynchronousEventRequest });
        _machine.Admin.Submit(new SubmissionEntry
        {
            Opcode = (byte)AdminOpcode.DoorbellBufferConfig,
            Prp1 = ByteRam.ListBytes,
            Prp2 = ByteRam.ListBytes + GuestMemory.PageBytes,
        });
        _machine.Io.Submit(IoEntries.WriteUncorrectable(1, 2, 3));
        _machine.Turn(16);
        _machine.Io.Submit(IoEntries.Flush(2));
        _machine.Function.Controller.Pause();
        var bytes = new ArrayBufferWriter<byte>();
        _machine.Function.Save(bytes);
        _good = bytes.WrittenSpan.ToArray();
        _machine.Function.Controller.Resume();
        _machine.End();
    }

    public override IReadOnlyList<byte[]> Words { get; } = [[0xFF, 0xFF, 0xFF, 0xFF], [0, 0, 0, 0x80], [1, 0, 0, 0]];

    public override int Run(ReadOnlySpan<byte> input)
    {
        byte[] state = [.. _good];
        var reader = new ByteReader(input);
        while (!reader.IsAtEnd)
            Change(state.AsSpan(HeaderBytes), ref reader);
        Mend(state);
        _machine.Begin();
        try
        {
            _machine.Function.Restore(state);
        }
        catch (InvalidDataException)
        {
            if (_machine.Status.Value != 0 || _machine.Function.Controller.IsPaused)
                throw new OracleException("state was refused, and something has changed");
            _machine.End();
            return 1;
        }
        _machine.Function.Controller.Resume();
        _machine.Turn(16);
        _machine.End();
        return 2;
    }

    public override void Dispose() => _machine.Dispose();

    private static void Change(Span<byte> sections, ref ByteReader reader)
    {
        Span<byte> at = sections[(reader.UInt16() % (sections.Length - sizeof(ulong)))..];
        switch (reader.Byte() & 3)
        {
            case 0:
                at[0] ^= reader.Byte();
                break;
            case 1:
                at[0] = reader.Byte();
                break;
            case 2:
                BinaryPrimitives.WriteUInt32LittleEndian(at, reader.UInt32());
                break;
            default:
                BinaryPrimitives.WriteUInt64LittleEndian(at, reader.UInt64());
                break;
        }
    }

    private static void Mend(byte[] state)
    {
        uint crc = uint.MaxValue;
        foreach (byte each in state.AsSpan(ChecksummedFrom))
            crc = BitOperations.Crc32C(crc, each);
        BinaryPrimitives.WriteUInt32LittleEndian(state.AsSpan(12), ~crc);
    }
}
