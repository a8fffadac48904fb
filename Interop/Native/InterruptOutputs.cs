using NvmeDoorbell.Pci;

namespace NvmeDoorbell.Interop.Native;

/// <summary>Where a controller's interrupts go, in parts.</summary>
/// <param name="Native">The embedder's callbacks and descriptors.</param>
/// <param name="Faults">The faults in front of them, or null.</param>
internal readonly record struct InterruptOutputs(NativeInterrupts Native, FaultyInterrupts? Faults)
{
    /// <summary>What the function uses.</summary>
    public IPciInterrupts Outermost => Faults is null ? Native : Faults;
}
