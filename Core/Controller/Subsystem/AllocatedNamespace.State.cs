namespace NvmeDoorbell.Controller;

/// <content>A namespace as saved state.</content>
internal sealed partial class AllocatedNamespace
{
    /// <summary>Its state, as one controller has it.</summary>
    public NamespaceState GetState(SubsystemMember member) => new()
    {
        Id = Id,
        LengthBytes = LengthBytes,
        BlockShift = BlockShift,
        IsShared = IsShared,
        IsReadOnly = Disk.IsReadOnly,
        IsAttached = IsAttachedTo(member),
        Format = Formatting is { } formatting && Erasure is { } erasure
            ? new FormatState(formatting.Format, (uint)erasure.Position.Pass, erasure.Position.OffsetBytes)
            : null,
        Uncorrectable = Blocks.GetUncorrectable(),
        Generation = Reservations.Generation,
        Type = Reservations.Type,
        Holder = Reservations.Holder,
        Registrants = Reservations.Registrants,
    };

    /// <summary>Says why a state cannot be this namespace's; null: it can.</summary>
    public string? FindMisfit(SubsystemMember member, NamespaceState state)
    {
        if (LengthBytes != state.LengthBytes || Disk.LengthBytes != state.LengthBytes)
            return $"has {LengthBytes} bytes here, and {state.LengthBytes} in the state";
        if (!LbaFormats.Has(1 << state.BlockShift, Disk))
            return $"cannot have blocks of {1 << state.BlockShift} bytes here";
        if (IsShared != state.IsShared)
            return IsShared ? "is shared here" : "is private here";
        if (Disk.IsReadOnly != state.IsReadOnly)
            return Disk.IsReadOnly ? "is read-only here" : "can be written here";
        if (state.IsAttached && !IsShared && Array.Exists(Attached, other => other != member))
            return "is private to another controller here";
        if (Formatting is not null && state.Format is null)
            return "is being formatted here";
        if (state.Format is { } format && (Disk.IsReadOnly || LbaFormats.GetShift(format.Index, Disk) == 0))
            return "cannot have the format that it is getting";
        return null;
    }

    /// <summary>Takes over what does not concern its availability. It has to be published then.</summary>
    public void Restore(SubsystemMember member, NamespaceState state)
    {
        BlockShift = state.BlockShift;
        Blocks.SetUncorrectable(state.Uncorrectable);
        Reservations.Restore(state.Generation, state.Type, state.Holder, state.Registrants);
        if (state.IsAttached && !IsAttachedTo(member))
            Attach(member);
        else if (!state.IsAttached && IsAttachedTo(member))
            Detach(member);
    }
}
