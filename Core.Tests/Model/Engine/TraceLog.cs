using System.Globalization;
using System.Text;

namespace NvmeDoorbell.Model.Engine;

/// <summary>An execution as a person reads it: thread, operation, cell, value, source line; and the stores' arrivals.</summary>
internal sealed class TraceLog
{
    private readonly List<(string Thread, string Text, Site Site)> _lines = [];

    public CellNames Names { get; } = new();

    public void Add(string thread, string text, Site site) => _lines.Add((thread, text, site));

    public void Load(ModelThread thread, nint address, int lengthBytes, ulong bits, bool isOwn, Site site) =>
        Add(thread.Name, $"read   {Names.Of(address)} -> {Text(bits, lengthBytes)}{(isOwn ? " (its own, not arrived yet)" : "")}", site);

    public void Store(ModelThread thread, nint address, int lengthBytes, ulong bits, bool isPending, Site site) =>
        Add(thread.Name, $"store  {Names.Of(address)} = {Text(bits, lengthBytes)}{(isPending ? " (under way)" : "")}", site);

    public void Drain(ModelThread thread, in PendingStore store) =>
        Add(thread.Name, $"       {Names.Of(store.Address)} = {Text(store.Bits, store.LengthBytes)} arrives", store.Site);

    public void Modify(ModelThread thread, Modification kind, nint address, int lengthBytes, ulong old, ulong bits, bool fails, Site site)
    {
        string verb = kind == Modification.CompareExchange ? "cmpxchg" : kind.ToString();
        string change = fails ? $"fails, it holds {Text(old, lengthBytes)}" : $"{Text(old, lengthBytes)} -> {Text(bits, lengthBytes)}";
        Add(thread.Name, $"{verb} {Names.Of(address)}: {change}", site);
    }

    public override string ToString()
    {
        StringBuilder text = new();
        int width = _lines.Count == 0 ? 0 : _lines.Max(line => line.Thread.Length);
        for (int index = 0; index < _lines.Count; index++)
        {
            (string thread, string what, Site site) = _lines[index];
            string place = string.IsNullOrEmpty(site.File) ? "" : $"{Path.GetFileName(site.File)}:{site.Line}";
            text.AppendLine(CultureInfo.InvariantCulture, $"{index + 1,4}  {thread.PadRight(width)}  {what,-62}  {place}");
        }

        return text.ToString();
    }

    /// <summary>Small values in decimal, addresses and the like by name or in hexadecimal.</summary>
    private string Text(ulong bits, int lengthBytes)
    {
        if (bits < 1 << 17)
            return bits.ToString(CultureInfo.InvariantCulture);
        if (lengthBytes < 8)
            return $"0x{bits:x}";
        ulong generation = bits >> 48;
        string name = Names.Of((nint)(bits & 0x0000_FFFF_FFFF_FFFC));
        return generation == 0 && (bits & 3) == 0 ? name : $"{name} (bits 63:48 = {generation}, 1:0 = {bits & 3})";
    }
}
