namespace NvmeDoorbell.Queues;

/// <summary>
/// An intrusive list that any number of threads push to and one thread takes from, whole, without a lock and without an
/// allocation. Completed requests travel on it from a disk's threads to the task of their queue.
/// </summary>
/// <remarks>
/// <para>State: one word, the newest node, or null.</para>
/// <code>
///   push(n)   n.Link = head; CAS head -> n            any thread
///   take      head = exchange(null); reverse          the owner only
/// </code>
/// <para>
/// Invariant: a node is on at most one list, and once. Its Link is written by the pusher before the CAS publishes it, and
/// by nobody else until the owner has taken it.
/// </para>
/// <para>
/// Races survived. Push against push: one CAS fails and starts again from the newer head. Push against take: the node is
/// in what is taken, or is the first of a new list. ABA: the only removal takes everything, so a head that compares equal
/// really is the list that Link names.
/// </para>
/// <para>
/// Waking: <see cref="Push"/> says whether the list was empty. Only then must the pusher wake the owner: whoever made it
/// non-empty has woken the owner or is about to, and the take that follows that wake finds every later node too.
/// </para>
/// </remarks>
/// <typeparam name="T">The node type.</typeparam>
public sealed class CompletionList<T>
    where T : class, IListed<T>
{
    private T? _head;

    /// <summary>
    /// Whether there is nothing to take. Exact for the owner after the full fence of its sleep; else a hint that may be
    /// late by one push.
    /// </summary>
    public bool IsEmpty => Volatile.Read(ref _head) is null;

    /// <summary>Puts a node on the list. Any thread.</summary>
    /// <param name="node">A node that is on no list.</param>
    /// <returns>True when the list was empty: the caller must then wake the owner.</returns>
    public bool Push(T node)
    {
        T? head = Volatile.Read(ref _head);
        while (true)
        {
            node.Link = head;
            // Full fence. Release: the node's contents are seen by the taker's exchange. StoreLoad: the node is listed
            // before the caller looks at the owner's wake word; without it a sleeping owner could be missed.
            T? found = Interlocked.CompareExchange(ref _head, node, head);
            if (ReferenceEquals(found, head))
                return head is null;
            head = found;
        }
    }

    /// <summary>Takes all nodes, oldest first, linked by their Link; null when there are none. The owner only.</summary>
    public T? TakeAll()
    {
        if (IsEmpty)
            return null;
        // Acquire, pairs with the CAS of Push: the nodes' links and contents are visible.
        T? node = Interlocked.Exchange(ref _head, null);
        T? oldestFirst = null;
        while (node is not null)
        {
            T? next = node.Link;
            node.Link = oldestFirst;
            oldestFirst = node;
            node = next;
        }
        return oldestFirst;
    }
}
