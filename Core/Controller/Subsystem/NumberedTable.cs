using System.Diagnostics.CodeAnalysis;

namespace NvmeDoorbell.Controller;

/// <summary>
/// Objects by number: namespaces by identifier, controllers by theirs. The numbers are small, because the lowest that is
/// free is given first.
/// </summary>
/// <remarks>Under the lock of whoever owns it.</remarks>
internal sealed class NumberedTable<T> where T : class
{
    private T?[] _byNumber = [];

    /// <summary>How many there are.</summary>
    public int Count { get; private set; }

    /// <summary>Finds an object by its number.</summary>
    public bool TryGet(uint number, [NotNullWhen(true)] out T? found)
    {
        found = number < (uint)_byNumber.Length ? _byNumber[number] : null;
        return found is not null;
    }

    public bool Has(uint number) => TryGet(number, out _);

    /// <summary>Adds an object by a number that none has.</summary>
    public void Add(uint number, T value)
    {
        if (number >= (uint)_byNumber.Length)
            Array.Resize(ref _byNumber, Math.Max((int)number + 1, 2 * _byNumber.Length));
        _byNumber[number] = value;
        Count++;
    }

    /// <summary>Takes an object out. False: none has the number.</summary>
    public bool Remove(uint number)
    {
        if (!Has(number))
            return false;
        _byNumber[number] = null;
        Count--;
        return true;
    }

    /// <summary>All there are now, by ascending number; a copy, so they may come and go while it is walked.</summary>
    public T[] ToArray() => Array.FindAll(_byNumber, each => each is not null)!;
}
