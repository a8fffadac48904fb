namespace NvmeDoorbell.Pci;

/// <summary>Where a <see cref="PciFunction"/> sends its interrupts: implemented by the embedder.</summary>
/// <remarks>
/// Called from reactor threads and from the threads that access configuration space and BAR0. Implementations return
/// quickly, do not block, and do not throw.
/// </remarks>
public interface IPciInterrupts
{
    /// <summary>
    /// Delivers the MSI-X message of <paramref name="vector"/>. Masks, pending bits, MSI-X Enable and Bus Master Enable
    /// have been applied. May be called by several threads at once, for one vector too.
    /// </summary>
    /// <param name="vector">The vector, below the MSI-X table size.</param>
    /// <param name="message">What the guest programmed for the vector.</param>
    void SignalVector(int vector, MsixMessage message);

    /// <summary>Sets the level of INTA#. Calls are serialised and each one changes the level.</summary>
    /// <param name="asserted">Whether the line is asserted.</param>
    void SetLine(bool asserted);
}
