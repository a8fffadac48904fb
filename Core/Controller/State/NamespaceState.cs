using NvmeDoorbell.Spec;

namespace NvmeDoorbell.Controller;

/// <summary>A namespace as saved state: what it keeps beside the content of its disk.</summary>
internal sealed record NamespaceState
{
    /// <summary>The shortest, saved.</summary>
    public const int LeastBytes = 48;

    private const int LeastBlockShift = 9;
    private const int MostBlockShift = 12;
    private const int MaxHosts = 65536;
    private const int RangeBytes = 16;
    private const int HostBytes = 18;

    public required uint Id { get; init; }

    public required ulong LengthBytes { get; init; }

    public required int BlockShift { get; init; }

    public required bool IsShared { get; init; }

    public required bool IsReadOnly { get; init; }

    /// <summary>To the controller whose state it is.</summary>
    public required bool IsAttached { get; init; }

    /// <summary>How far a format has come; null: none is under way.</summary>
    public FormatState? Format { get; init; }

    public (ulong Start, ulong End)[] Uncorrectable { get; init; } = [];

    public uint Generation { get; init; }

    public ReservationType Type { get; init; }

    public HostIdentity Holder { get; init; } = HostIdentity.None;

    public Registrant[] Registrants { get; init; } = [];

    public static NamespaceState Read(ref StateReader reader)
    {
        uint id = reader.ReadUInt32();
        ulong lengthBytes = reader.ReadUInt64();
        byte shift = reader.ReadByte();
        reader.Require(
            id is not 0 and <= NamespaceTable.MaxId && shift is >= LeastBlockShift and <= MostBlockShift,
            "a namespace has an identifier or a block that there cannot be");
        bool isShared = reader.ReadBoolean();
        bool isReadOnly = reader.ReadBoolean();
        bool isAttached = reader.ReadBoolean();
        FormatState? format = reader.ReadBoolean()
            ? new FormatState(reader.ReadByte(), reader.ReadUInt32(), reader.ReadUInt64())
            : null;
        reader.Require(format is null or { Pass: <= 1 }, "a format has more than one pass");
        var uncorrectable = ReadRanges(ref reader, lengthBytes);
        uint generation = reader.ReadUInt32();
        var type = (ReservationType)reader.ReadByte();
        HostIdentity holder = ReadHost(ref reader);
        Registrant[] registrants = ReadRegistrants(ref reader, out HashSet<HostIdentity> hosts);
        reader.Require(
            type <= ReservationType.ExclusiveAccessAllRegistrants && IsHeldRightly(type, holder, hosts),
            "a reservation is held by nobody who could");
        return new NamespaceState
        {
            Id = id,
            LengthBytes = lengthBytes,
            BlockShift = shift,
            IsShared = isShared,
            IsReadOnly = isReadOnly,
            IsAttached = isAttached,
            Format = format,
            Uncorrectable = uncorrectable,
            Generation = generation,
            Type = type,
            Holder = holder,
            Registrants = registrants,
        };
    }

    public void Save(StateWriter writer)
    {
        writer.Write(Id);
        writer.Write(LengthBytes);
        writer.Write((byte)BlockShift);
        writer.Write(IsShared);
        writer.Write(IsReadOnly);
        writer.Write(IsAttached);
        writer.Write(Format is not null);
        if (Format is { } format)
        {
            writer.Write((byte)format.Index);
            writer.Write(format.Pass);
            writer.Write(format.OffsetBytes);
        }
        writer.WriteCount(Uncorrectable.Length);
        foreach ((ulong start, ulong end) in Uncorrectable)
        {
            writer.Write(start);
            writer.Write(end);
        }
        writer.Write(Generation);
        writer.Write((byte)Type);
        SaveHost(writer, Holder);
        writer.WriteCount(Registrants.Length);
        foreach (Registrant each in Registrants)
        {
            SaveHost(writer, each.Host);
            writer.Write(each.Key);
        }
    }

    private static (ulong Start, ulong End)[] ReadRanges(ref StateReader reader, ulong lengthBytes)
    {
        var ranges = new (ulong Start, ulong End)[
            reader.ReadCount(SharedBlocks.MaxUncorrectableRanges, RangeBytes)];
        ulong least = 0;
        for (int index = 0; index < ranges.Length; index++)
        {
            ranges[index] = (reader.ReadUInt64(), reader.ReadUInt64());
            (ulong start, ulong end) = ranges[index];
            reader.Require(
                start >= least && start < end && end <= lengthBytes, "uncorrectable blocks are not in order, or not there");
            least = end + 1; // ranges that touch are one
        }
        return ranges;
    }

    private static Registrant[] ReadRegistrants(ref StateReader reader, out HashSet<HostIdentity> hosts)
    {
        hosts = [];
        var registrants = new Registrant[reader.ReadCount(MaxHosts, HostBytes + sizeof(ulong))];
        for (int index = 0; index < registrants.Length; index++)
        {
            registrants[index] = new Registrant(ReadHost(ref reader), reader.ReadUInt64());
            reader.Require(hosts.Add(registrants[index].Host), "a host is registered twice");
        }
        return registrants;
    }

    private static bool IsHeldRightly(
        ReservationType type, HostIdentity holder, HashSet<HostIdentity> registered) => type switch
        {
            ReservationType.None => holder == HostIdentity.None,
            ReservationType.WriteExclusiveAllRegistrants or ReservationType.ExclusiveAccessAllRegistrants => registered.Count > 0,
            _ => registered.Contains(holder),
        };

    private static HostIdentity ReadHost(ref StateReader reader)
    {
        HostIdentity host = new(reader.ReadUInt128(), reader.ReadUInt16());
        reader.Require(host.Id == UInt128.Zero || host.ControllerId == 0, "a host has two kinds of identifier");
        return host;
    }

    private static void SaveHost(StateWriter writer, HostIdentity host)
    {
        writer.Write(host.Id);
        writer.Write(host.ControllerId);
    }
}
