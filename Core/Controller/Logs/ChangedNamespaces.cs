using System.Buffers.Binary;

namespace NvmeDoorbell.Controller;

/// <summary>The changed namespace list (NVMe Base 2.0, "Changed Namespace List"). Any thread.</summary>
internal sealed class ChangedNamespaces
{
    /// <summary>Size of the log page in bytes.</summary>
    public const int LengthBytes = 4096;

    private const int MaxIdentifiers = LengthBytes / 4;

    private readonly Lock _lock = new();
    private readonly SortedSet<uint> _identifiers = [];

    /// <summary>A namespace has come, gone or changed.</summary>
    public void Add(uint namespaceId)
    {
        lock (_lock)
            _identifiers.Add(namespaceId);
    }

    /// <summary>Copies the list into a zeroed page.</summary>
    public void CopyTo(Span<byte> page)
    {
        lock (_lock)
        {
            if (_identifiers.Count > MaxIdentifiers)
            {
                BinaryPrimitives.WriteUInt32LittleEndian(page, uint.MaxValue);
            }
            else
            {
                int offset = 0;
                foreach (uint identifier in _identifiers)
                {
                    BinaryPrimitives.WriteUInt32LittleEndian(page[offset..], identifier);
                    offset += 4;
                }
            }
        }
    }

    /// <summary>Saves the list.</summary>
    public void Save(StateWriter writer)
    {
        lock (_lock)
            writer.WriteAll(_identifiers);
    }

    /// <summary>Reads a list.</summary>
    /// <returns>Puts it in the place of this one.</returns>
    public Action Read(ref StateReader reader)
    {
        uint[] identifiers = reader.ReadUInt32s((int)NamespaceTable.MaxId);
        return () =>
        {
            lock (_lock)
            {
                _identifiers.Clear();
                _identifiers.UnionWith(identifiers);
            }
        };
    }

    /// <summary>The host has read the list, or looks at everything anew after a reset.</summary>
    public void Clear()
    {
        lock (_lock)
            _identifiers.Clear();
    }
}
