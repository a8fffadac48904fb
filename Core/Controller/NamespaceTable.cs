using System.Diagnostics.CodeAnalysis;
using NvmeDoorbell.Storage;

namespace NvmeDoorbell.Controller;

/// <summary>
/// The namespaces of a controller, by identifier. Look-ups take no lock and see the table before or after a change;
/// changes copy it (they are rare, and serialise on a lock of their own).
/// </summary>
/// <remarks>
/// Nothing is counted where commands run. Who removes a namespace removes it here first, then asks every I/O task by
/// <see cref="IoTask.PostConfirmUnused"/>: a task that runs that message looks up in the table without the namespace
/// from then on.
/// </remarks>
internal sealed class NamespaceTable
{
    /// <summary>The highest identifier (what Identify Controller reports as NN).</summary>
    public const uint MaxId = 1024;

    private readonly Lock _changing = new();
    private Namespace?[] _byId = new Namespace?[1];

    /// <summary>The table now, indexed by identifier; holes and index 0 are null. Never changes.</summary>
    public ReadOnlySpan<Namespace?> Snapshot => Volatile.Read(ref _byId);

    /// <summary>Finds a namespace. Any thread, no lock.</summary>
    public bool TryGet(uint id, [NotNullWhen(true)] out Namespace? found)
    {
        // Acquire, pairs with the release in Publish: the namespaces of the table are seen whole.
        Namespace?[] byId = Volatile.Read(ref _byId);
        found = id < (uint)byId.Length ? byId[id] : null;
        return found is not null;
    }

    /// <summary>Adds a namespace.</summary>
    /// <param name="id">1 to <see cref="MaxId"/>, or 0 for the lowest that is free.</param>
    /// <param name="disk">Its disk.</param>
    /// <param name="added">The namespace.</param>
    /// <returns>False: the identifier is taken, out of range, or none is free.</returns>
    public bool TryAdd(uint id, IDisk disk, [NotNullWhen(true)] out Namespace? added)
    {
        lock (_changing)
        {
            Namespace?[] old = _byId;
            if (id == 0)
            {
                int free = Array.IndexOf(old, null, 1);
                id = free > 0 ? (uint)free : (uint)old.Length;
            }
            added = null;
            if (id > MaxId || (id < (uint)old.Length && old[id] is not null))
                return false;
            var table = new Namespace?[Math.Max(old.Length, (int)id + 1)];
            old.CopyTo(table, 0);
            table[id] = added = new Namespace(id, disk);
            Publish(table);
            return true;
        }
    }

    /// <summary>Takes a namespace out. New commands do not find it; requests under way go on.</summary>
    public bool TryRemove(uint id, [NotNullWhen(true)] out Namespace? removed)
    {
        lock (_changing)
        {
            if (!TryGet(id, out removed))
                return false;
            var table = (Namespace?[])_byId.Clone();
            table[id] = null;
            Publish(table);
            removed.MarkRemoved();
            return true;
        }
    }

    private void Publish(Namespace?[] table) => Volatile.Write(ref _byId, table);
}
