namespace NvmeDoorbell.Controller;

/// <summary>Where a controller's interrupts go: MSI-X of a PCI function, or an embedder's own.</summary>
/// <remarks>Called from reactor threads. Implementations return quickly, do not block, and do not throw.</remarks>
public interface IInterruptSink
{
    /// <summary>
    /// Whether interrupts go to the one level-triggered pin instead of to vectors. Where the answer changes, the owner
    /// of the sink calls <see cref="NvmeController.OnInterruptModeChanged"/>.
    /// </summary>
    bool UsesPin => false;

    /// <summary>
    /// Completions have been posted to a queue of <paramref name="vector"/>; the guest can see them. Not called while
    /// <see cref="UsesPin"/> is true. May be called by several threads at once, for one vector too.
    /// </summary>
    /// <param name="vector">The interrupt vector that the queue was created with.</param>
    void Raise(int vector);

    /// <summary>Sets the pin. Calls are serialised and each one changes the level.</summary>
    /// <param name="asserted">
    /// True while a completion queue with interrupts enabled has entries that the guest has not consumed and its vector
    /// is not masked by INTMS.
    /// </param>
    void SetPin(bool asserted)
    {
    }
}
