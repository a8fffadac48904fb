using System.Diagnostics.CodeAnalysis;

namespace NvmeDoorbell.Controller;

/// <summary>
/// The namespaces that are attached to a controller, by identifier. Look-ups take no lock and share nothing that is
/// written; changes are rare, and come one at a time from the subsystem.
/// </summary>
/// <remarks>
/// Nothing is counted where commands run. Who takes a namespace away, or puts another in its place, does so here first,
/// then asks every I/O task by <see cref="QueueTask.PostConfirmUnused"/>: a task that runs that message finds the new one
/// from then on.
/// </remarks>
internal sealed class NamespaceTable
{
    /// <summary>The highest identifier (what Identify Controller reports as NN).</summary>
    public const uint MaxId = 1024;

    private Namespace?[] _byId = new Namespace?[1];

    /// <summary>The tasks that look up here.</summary>
    public IoTaskSet Tasks { get; } = new();

    /// <summary>The table, indexed by identifier; holes and index 0 are null. Entries may change meanwhile.</summary>
    public ReadOnlySpan<Namespace?> All => Volatile.Read(ref _byId);

    /// <summary>Finds a namespace. Any thread, no lock.</summary>
    public bool TryGet(uint id, [NotNullWhen(true)] out Namespace? found)
    {
        // Acquire, both, pair with the releases in Set: table and namespace are seen whole.
        Namespace?[] byId = Volatile.Read(ref _byId);
        found = id < (uint)byId.Length ? Volatile.Read(ref byId[id]) : null;
        return found is not null;
    }

    /// <summary>Puts a namespace in, another in its place, or takes it out. One thread at a time.</summary>
    /// <param name="id">1 to <see cref="MaxId"/>.</param>
    /// <param name="value">The namespace; null: none from now on. Requests under way go on with what they have.</param>
    public void Set(uint id, Namespace? value)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(id, MaxId);
        ArgumentOutOfRangeException.ThrowIfZero(id);
        Namespace?[] byId = _byId;
        if (id >= (uint)byId.Length)
        {
            if (value is null)
                return;
            Array.Resize(ref byId, (int)id + 1);
        }
        Volatile.Write(ref byId[id], value);
        Volatile.Write(ref _byId, byId);
    }
}
