namespace NvmeDoorbell.Model.Engine;

/// <summary>What a trace calls the cells.</summary>
internal sealed class CellNames
{
    private readonly List<(nint Address, int LengthBytes, string Name)> _areas = [];

    /// <summary>Names lengthBytes from address on; of areas that overlap, the one named last is used.</summary>
    public void Add(nint address, int lengthBytes, string name) => _areas.Add((address, lengthBytes, name));

    public string Of(nint address)
    {
        for (int index = _areas.Count - 1; index >= 0; index--)
        {
            (nint start, int lengthBytes, string name) = _areas[index];
            if (address >= start && address < start + lengthBytes)
                return address == start ? name : $"{name}+{address - start}";
        }

        return $"0x{address:x}";
    }
}
