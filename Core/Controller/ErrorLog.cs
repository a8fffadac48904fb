using System.Buffers.Binary;
using NvmeDoorbell.Spec;

namespace NvmeDoorbell.Controller;

/// <summary>The error information log (NVMe Base 2.0, figure "Error Information Log Entry Data Structure").</summary>
/// <remarks>Any thread. A lock guards it: a command that fails is not on the fast path.</remarks>
internal sealed class ErrorLog
{
    /// <summary>Entries kept: ELPE + 1.</summary>
    public const int Entries = 64;

    /// <summary>Size of an entry in bytes.</summary>
    public const int EntryBytes = 64;

    private const ushort NoCommand = 0xFFFF;

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

    /// <summary>Adds an entry for a command.</summary>
    public void Add(ushort sqId, ushort commandId, uint namespaceId, ulong lba, StatusCode status)
    {
        lock (_lock)
        {
            Span<byte> entry = _ring.AsSpan((int)(_count % Entries) * EntryBytes, EntryBytes);
            entry.Clear();
            BinaryPrimitives.WriteUInt64LittleEndian(entry, ++_count);
            BinaryPrimitives.WriteUInt16LittleEndian(entry[8..], sqId);
            BinaryPrimitives.WriteUInt16LittleEndian(entry[10..], commandId);
            BinaryPrimitives.WriteUInt16LittleEndian(entry[12..], (ushort)((uint)status << 1));
            BinaryPrimitives.WriteUInt16LittleEndian(entry[14..], 0xFFFF); // no particular byte of the command
            BinaryPrimitives.WriteUInt64LittleEndian(entry[16..], lba);
            BinaryPrimitives.WriteUInt32LittleEndian(entry[24..], namespaceId);
        }
    }

    /// <summary>Adds an entry that belongs to no command, for instance of a doorbell write.</summary>
    public void AddForQueue(ushort queueId) => Add(queueId, NoCommand, 0, 0, StatusCode.Success);

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
