using System.Diagnostics.CodeAnalysis;

namespace NvmeDoorbell.Doorbells;

/// <summary>
/// Stands for the framework's ConcurrentQueue, which keeps its atomics to itself. As there, a place is reserved by an
/// interlocked operation and its item is published by a release store, which may be late.
/// </summary>
internal sealed class ConcurrentQueue<T>
{
    private const int Capacity = 16;

    private readonly T[] _items = new T[Capacity];
    private int _tail;
    private int _head;
    private int _published;

    public bool IsEmpty => Volatile.Read(ref _head) == Volatile.Read(ref _published);

    public void Enqueue(T item)
    {
        int place = Interlocked.Increment(ref _tail) - 1;
        _items[place] = item;
        // Places are published in order here: whoever reserved an earlier one is waited for.
        AwaitTurn(place);
        Volatile.Write(ref _published, place + 1);
    }

    public bool TryDequeue([MaybeNullWhen(false)] out T item)
    {
        int head = Volatile.Read(ref _head);
        while (true)
        {
            if (head == Volatile.Read(ref _published))
            {
                item = default;
                return false;
            }

            item = _items[head];
            int found = Interlocked.CompareExchange(ref _head, head + 1, head);
            if (found == head)
                return true;
            head = found;
        }
    }

    private void AwaitTurn(int place)
    {
        SpinWait spinner = default;
        while (Volatile.Read(ref _published) != place)
            spinner.SpinOnce();
    }
}
