using NvmeDoorbell.Memory;

namespace NvmeDoorbell.Tests.Fuzz.Bytes;

/// <summary>PRP walks once more, entry by entry as the specification tells it, with no thought of speed.</summary>
internal sealed class ReferencePrp(ByteRam ram, uint pageBytes, GuestAccess access)
{
    private readonly List<GuestSegment> _found = [];

    /// <returns>Host memory, neighbours joined; null where the walk has to fail.</returns>
    public List<GuestSegment>? Walk(ulong prp1, ulong prp2, uint lengthBytes)
    {
        uint first = Math.Min(lengthBytes, pageBytes - (uint)(prp1 % pageBytes));
        if (prp1 % 4 != 0 || !Add(prp1, first))
            return null;
        uint rest = lengthBytes - first;
        if (rest == 0)
            return _found;
        if (rest <= pageBytes)
            return prp2 % pageBytes == 0 && Add(prp2, rest) ? _found : null;
        if (prp2 % 8 != 0)
            return null;
        for (ulong place = prp2; ; place += 8)
        {
            if (Read(place) is not { } entry || entry % pageBytes != 0)
                return null;
            bool isLastOfPage = (place + 8) % pageBytes == 0;
            if (isLastOfPage && rest > pageBytes)
            {
                place = entry - 8; // the list goes on at the entry's page
                continue;
            }
            if (!Add(entry, Math.Min(rest, pageBytes)))
                return null;
            if (rest <= pageBytes)
                return _found;
            rest -= pageBytes;
        }
    }

    private ulong? Read(ulong address) =>
        ram.Find(address, GuestAccess.ReadOnly) is { } host ? ByteRam.Load(host) : null;

    private bool Add(ulong address, uint lengthBytes) => ram.TryCollect(address, lengthBytes, access, _found);
}
