namespace NvmeDoorbell.Controller;

/// <summary>The last sanitize operation as saved state; with the rest of what it has to do, if it is in progress.</summary>
internal sealed record SanitizeState
{
    private const int MaxPatterns = 16;

    public required SanitizeStatus Status { get; init; }

    /// <summary>Passes of the last disk that are through.</summary>
    public int PassesDone { get; init; }

    /// <summary>Disks that there were at the start.</summary>
    public int Disks { get; init; }

    /// <summary>Disks that are through.</summary>
    public int DisksDone { get; init; }

    /// <summary>What each pass writes.</summary>
    public uint[] Patterns { get; init; } = [];

    /// <summary>The namespaces whose disks are not through, the one under way first.</summary>
    public uint[] Left { get; init; } = [];

    /// <summary>How far the first of them is.</summary>
    public (int Pass, ulong OffsetBytes) Position { get; init; }

    public static SanitizeState Read(ref StateReader reader)
    {
        uint options = reader.ReadUInt32();
        reader.Require(SanitizeStatus.TryMake(options, reader.ReadUInt16(), out SanitizeStatus? status), "sanitize has no such state");
        int passesDone = reader.ReadCount(MaxPatterns, 0);
        int disks = reader.ReadCount((int)NamespaceTable.MaxId, 0);
        int disksDone = reader.ReadCount((int)NamespaceTable.MaxId, 0);
        uint[] patterns = reader.ReadUInt32s(MaxPatterns);
        uint[] left = reader.ReadUInt32s((int)NamespaceTable.MaxId);
        int pass = reader.ReadCount(MaxPatterns, 0);
        ulong offsetBytes = reader.ReadUInt64();
        reader.Require(
            status.IsInProgress ? patterns.Length > 0 && left.Length > 0 && pass <= patterns.Length
                : patterns.Length + left.Length + pass == 0 && offsetBytes == 0,
            "sanitize has work that does not go with its state");
        return new SanitizeState
        {
            Status = status,
            PassesDone = passesDone,
            Disks = disks,
            DisksDone = disksDone,
            Patterns = patterns,
            Left = left,
            Position = (pass, offsetBytes),
        };
    }

    public void Save(StateWriter writer)
    {
        Status.Save(writer);
        writer.WriteCount(PassesDone);
        writer.WriteCount(Disks);
        writer.WriteCount(DisksDone);
        writer.WriteAll(Patterns);
        writer.WriteAll(Left);
        writer.WriteCount(Position.Pass);
        writer.Write(Position.OffsetBytes);
    }
}
