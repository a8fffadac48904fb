using System.Buffers.Binary;

namespace NvmeDoorbell.Controller;

/// <summary>The error information log (NVMe Base 2.0, figure "Error Information Log Entry Data Structure").</summary>
/// <remarks>Any thread. A lock guards it: a command that fails is not on the fast path.</remarks>
internal sealed class ErrorLog
{
    /// <summary>Entries kept: ELPE + 1.</summary>
    public const int Entries = 64;

    /// <summary>Size of an entry in bytes.</summary>
    public const int EntryBytes = 64;

    // Log Page Version 1: the entry has an opcode and a command set.
    private const byte OpcodeIsValid = 1;

    private readonly Lock _lock = new();
    private readonly byte[] _ring = new byte[Entries * EntryBytes];
    private ulong _count;

    /// <summary>Errors since the controller was created: Number of Error Information Log Entries of SMART.</summary>
    public ulong Count
    {
        get
        {
            lock (_lock)
                return _count;
        }
    }

    /// <summary>Adds an entry.</summary>
    public void Add(in ErrorEntry error)
    {
        lock (_lock)
        {
            Span<byte> entry = _ring.AsSpan((int)(_count % Entries) * EntryBytes, EntryBytes);
            entry.Clear();
            BinaryPrimitives.WriteUInt64LittleEndian(entry, ++_count);
            BinaryPrimitives.WriteUInt16LittleEndian(entry[8..], error.SqId);
            BinaryPrimitives.WriteUInt16LittleEndian(entry[10..], error.CommandId);
            BinaryPrimitives.WriteUInt16LittleEndian(entry[12..], (ushort)((uint)error.Status << 1));
            BinaryPrimitives.WriteUInt16LittleEndian(entry[14..], error.Location);
            BinaryPrimitives.WriteUInt64LittleEndian(entry[16..], error.Lba);
            BinaryPrimitives.WriteUInt32LittleEndian(entry[24..], error.NamespaceId);
            entry[31] = error.Opcode;
            entry[63] = OpcodeIsValid;
        }
    }

    /// <summary>Adds an entry that belongs to no command, for instance of a doorbell write.</summary>
    public void AddForQueue(ushort queueId) => Add(new ErrorEntry { SqId = queueId });

    /// <summary>Saves the log.</summary>
    public void Save(StateWriter writer)
    {
        lock (_lock)
        {
            writer.Write(_count);
            writer.Write(_ring);
        }
    }

    /// <summary>Reads a log.</summary>
    /// <returns>Puts it in the place of this one.</returns>
    public Action Read(ref StateReader reader)
    {
        ulong count = reader.ReadUInt64();
        byte[] ring = reader.ReadBytes(Entries * EntryBytes).ToArray();
        return () =>
        {
            lock (_lock)
            {
                _count = count;
                ring.CopyTo(_ring, 0);
            }
        };
    }

    /// <summary>Copies the log, newest entry first; what has never been written is zero.</summary>
    /// <param name="log">Room for <see cref="Entries"/> entries.</param>
    public void CopyTo(Span<byte> log)
    {
        lock (_lock)
        {
            for (int index = 0; index < Entries; index++)
            {
                int slot = (int)((_count + Entries - 1 - (ulong)index) % Entries);
                _ring.AsSpan(slot * EntryBytes, EntryBytes).CopyTo(log[(index * EntryBytes)..]);
            }
        }
    }
}
