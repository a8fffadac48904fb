namespace NvmeDoorbell.Doorbells;

/// <summary>Where an open doorbell stands: what another memory needs to go on with it.</summary>
/// <param name="Value">Its value.</param>
/// <param name="Seen">The value that its follower has seen.</param>
/// <param name="Posted">What a posted write has brought last, or that the guest keeps the entry of its page itself.</param>
/// <param name="LeftInPage">The value that the guest's page has or had when it was left, if it is ours to replace there;
/// else <see cref="NothingLeft"/>.</param>
internal readonly record struct DoorbellPosition(uint Value, uint Seen, uint Posted, uint LeftInPage)
{
    /// <summary>There is no value of ours in a page of the guest's.</summary>
    public const uint NothingLeft = uint.MaxValue;

    /// <summary>A doorbell that has just been opened.</summary>
    public static DoorbellPosition AtStart { get; } = new(0, 0, 0, NothingLeft);
}
