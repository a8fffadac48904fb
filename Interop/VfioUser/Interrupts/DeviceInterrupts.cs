using NvmeDoorbell.Doorbells;
using NvmeDoorbell.Pci;

namespace NvmeDoorbell.VfioUser.Interrupts;

/// <summary>The function's interrupts, to the client's eventfds.</summary>
internal sealed class DeviceInterrupts : IPciInterrupts, IDisposable
{
    private readonly EventSlot[] _vectors;

    /// <param name="vectors">Size of the MSI-X table.</param>
    /// <param name="reactors">The reactors that run the controller's tasks.</param>
    /// <param name="pinForgotten">Brings the client to access the device, so that it lets the pin go.</param>
    public DeviceInterrupts(int vectors, IEnumerable<Reactor> reactors, Action pinForgotten)
    {
        _vectors = [.. Enumerable.Range(0, vectors).Select(_ => new EventSlot())];
        Intx = new IntxLine(reactors, pinForgotten);
    }

    /// <summary>The pin.</summary>
    public IntxLine Intx { get; }

    /// <summary>MSI-X.</summary>
    public ReadOnlySpan<EventSlot> Vectors => _vectors;

    /// <summary>Errors of the device: none are ever reported, but a client may set it up.</summary>
    public EventSlot Error { get; } = new();

    /// <summary>The device's wish to be unplugged: never uttered.</summary>
    public EventSlot Request { get; } = new();

    /// <inheritdoc/>
    public void SignalVector(int vector, MsixMessage message) => _vectors[vector].Signal();

    /// <inheritdoc/>
    public void SetLine(bool asserted) => Intx.SetLevel(asserted);

    /// <inheritdoc/>
    public void Dispose()
    {
        Intx.Dispose();
        foreach (EventSlot slot in _vectors)
            slot.Dispose();
        Error.Dispose();
        Request.Dispose();
    }
}
