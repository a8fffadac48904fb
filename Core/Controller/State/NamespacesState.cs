namespace NvmeDoorbell.Controller;

/// <summary>The namespaces of a subsystem as saved state.</summary>
/// <param name="Sanitize">The last sanitize operation.</param>
/// <param name="All">The namespaces, by ascending identifier.</param>
internal sealed record NamespacesState(SanitizeState Sanitize, NamespaceState[] All)
{
    /// <summary>The commands that namespaces are formatted for, by namespace; entered where the state is taken over.</summary>
    public Dictionary<uint, FormatRun> Runs { get; } = [];

    public static NamespacesState Read(StateReader reader, NvmeSubsystem subsystem, SubsystemMember member)
    {
        SanitizeState sanitize = SanitizeState.Read(ref reader);
        var all = new NamespaceState[reader.ReadCount((int)NamespaceTable.MaxId, NamespaceState.LeastBytes)];
        uint last = 0;
        for (int index = 0; index < all.Length; index++)
        {
            all[index] = NamespaceState.Read(ref reader);
            reader.Require(all[index].Id > last, "namespaces are not in order");
            last = all[index].Id;
        }
        reader.End();
        reader.Require(
            Array.TrueForAll(sanitize.Left, nsid => Array.Exists(all, each => each.Id == nsid)),
            "sanitize is about a namespace that there is not");
        reader.Require(
            !sanitize.Status.IsInProgress || Array.TrueForAll(all, each => each.Format is null),
            "a namespace is formatted while all are sanitized");
        NamespacesState read = new(sanitize, all);
        if (subsystem.FindMisfit(member, read) is { } misfit)
            reader.Require(false, misfit);
        return read;
    }

    public void Save(StateWriter writer)
    {
        writer.BeginSection(StateSection.Namespaces);
        Sanitize.Save(writer);
        writer.WriteCount(All.Length);
        foreach (NamespaceState each in All)
            each.Save(writer);
        writer.EndSection();
    }

    public bool IsAttached(uint nsid) => Array.Exists(All, each => each.Id == nsid && each.IsAttached);

    public bool IsFormatting(uint nsid) => Array.Exists(All, each => each.Id == nsid && each.Format is not null);
}
