namespace NvmeDoorbell.Memory;

/// <summary>
/// Guest memory that is not mapped into this process, and that somebody else reads and writes for us: implemented by the
/// embedder, for the regions of <see cref="GuestMemory.AddRemoteRegion"/>.
/// </summary>
/// <remarks>
/// Called from reactor threads, in the turns of their tasks, and by whoever copies guest memory; several at once. A call
/// may block for as long as the other side takes to answer, and the reactor with it. It does not throw.
/// </remarks>
public interface IRemoteMemory
{
    /// <summary>Copies guest memory out. All of it lies in one remote region.</summary>
    /// <returns>False: the other side has refused, or has gone.</returns>
    bool TryRead(ulong guestAddress, Span<byte> destination);

    /// <summary>Copies into guest memory; the guest sees it when this returns. All of it lies in one remote region.</summary>
    /// <returns>False: the other side has refused, or has gone.</returns>
    bool TryWrite(ulong guestAddress, ReadOnlySpan<byte> source);
}
