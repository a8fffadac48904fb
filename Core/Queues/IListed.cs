namespace NvmeDoorbell.Queues;

/// <summary>A node of a <see cref="CompletionList{T}"/>: it carries its own link, so that listing it allocates nothing.</summary>
/// <typeparam name="T">The node's own type.</typeparam>
public interface IListed<T>
    where T : class, IListed<T>
{
    /// <summary>
    /// The next node of the list this node is on. Owned by the list from <see cref="CompletionList{T}.Push"/> until the
    /// taker has walked past it.
    /// </summary>
    T? Link { get; set; }
}
