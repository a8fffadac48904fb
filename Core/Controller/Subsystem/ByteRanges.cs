namespace NvmeDoorbell.Controller;

/// <summary>A set of bytes of a disk, kept as ranges that do not touch each other, in order. One thread at a time.</summary>
/// <param name="maxCount">The most ranges: what a guest can make of it is bounded.</param>
internal sealed class ByteRanges(int maxCount)
{
    private readonly List<(ulong Start, ulong End)> _ranges = [];

    /// <summary>Number of ranges.</summary>
    public int Count => _ranges.Count;

    /// <summary>Whether a range has a byte in the set.</summary>
    public bool Overlaps(ulong start, ulong lengthBytes)
    {
        int index = FirstThatEndsAfter(start);
        return index < _ranges.Count && _ranges[index].Start < start + lengthBytes;
    }

    /// <summary>Puts a range in. False: there are as many ranges as may be, and it touches none of them.</summary>
    public bool TryAdd(ulong start, ulong lengthBytes)
    {
        ulong end = start + lengthBytes;
        int index = start == 0 ? 0 : FirstThatEndsAfter(start - 1);
        int next = index;
        for (; next < _ranges.Count && _ranges[next].Start <= end; next++)
        {
            start = Math.Min(start, _ranges[next].Start);
            end = Math.Max(end, _ranges[next].End);
        }
        if (next == index && _ranges.Count == maxCount)
            return false;
        _ranges.RemoveRange(index, next - index);
        _ranges.Insert(index, (start, end));
        return true;
    }

    /// <summary>
    /// Takes a range out. Where it splits one and there are as many as may be, what lies behind it is taken out too.
    /// </summary>
    public void Remove(ulong start, ulong lengthBytes)
    {
        ulong end = start + lengthBytes;
        int index = FirstThatEndsAfter(start);
        while (index < _ranges.Count && _ranges[index].Start < end)
        {
            (ulong Start, ulong End) found = _ranges[index];
            _ranges.RemoveAt(index);
            if (found.Start < start)
                _ranges.Insert(index++, (found.Start, start));
            if (found.End > end && _ranges.Count < maxCount)
                _ranges.Insert(index++, (end, found.End));
        }
    }

    /// <summary>The ranges in order.</summary>
    public (ulong Start, ulong End)[] ToArray() => [.. _ranges];

    /// <summary>Has these ranges from now on: in order, not touching, not more than may be.</summary>
    public void Set((ulong Start, ulong End)[] ranges)
    {
        _ranges.Clear();
        _ranges.AddRange(ranges);
    }

    private int FirstThatEndsAfter(ulong position)
    {
        int low = 0;
        int high = _ranges.Count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (_ranges[middle].End > position)
                high = middle;
            else
                low = middle + 1;
        }
        return low;
    }
}
