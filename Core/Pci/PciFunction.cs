using NvmeDoorbell.Controller;

namespace NvmeDoorbell.Pci;

/// <summary>
/// An NVMe controller as a PCI Express endpoint function: configuration space, BAR0, MSI-X and the INTx pin.
/// It owns its <see cref="Controller"/>.
/// </summary>
/// <remarks>
/// Every member may be called from any thread. Accesses take any offset and width and never throw: what lies outside
/// reads as all ones and ignores writes. The embedder decodes addresses: whether Memory Space Enable is set and where
/// BAR0 lies is reported (<see cref="IsMemorySpaceEnabled"/>, <see cref="Bar0Address"/>), and an access that reaches
/// <see cref="ReadBar0"/> is served. Bus Master Enable holds back MSI-X messages; it does not stop the queues.
/// Sources: PCI Local Bus 3.0 chapter 6, PCI Express Base 5.0 chapter 7, NVMe over PCIe Transport 1.0.
/// </remarks>
public sealed partial class PciFunction : IDisposable
{
    private readonly Lock _lock = new();
    private readonly MsixTable _msix;
    private readonly PciConfigurationSpace _configuration;
    private readonly Bar0Layout _bar;
    private readonly LevelOutput _line;
    private readonly Func<ulong, uint> _readMsixDword;
    private bool _pin;
    private bool _isInterruptDisabled;

    /// <summary>Creates the function and its controller.</summary>
    /// <param name="options">The controller's options; its interrupt sink is replaced by this function's MSI-X and
    /// pin.</param>
    /// <param name="interrupts">Where interrupts go, or null for none.</param>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    public PciFunction(NvmeControllerOptions options, IPciInterrupts? interrupts = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate(); // before the MSI-X table is made of them
        _msix = new MsixTable(options.EffectiveVectors, (vector, message) => interrupts?.SignalVector(vector, message));
        _line = new LevelOutput(
            () => Volatile.Read(ref _pin) && !Volatile.Read(ref _isInterruptDisabled),
            level => interrupts?.SetLine(level));
        _readMsixDword = ReadMsixDword;
        Controller = new NvmeController(options with { Interrupts = new Sink(this) });
        _bar = new Bar0Layout(Controller.Doorbells.Count, options.StrideExponent, _msix.Vectors);
        _configuration = new PciConfigurationSpace(
            new PciIdentity(
                options.PciVendorId, options.PciDeviceId, options.PciSubsystemVendorId, options.PciSubsystemId),
            _bar,
            _msix.Vectors);
    }

    /// <summary>The controller behind BAR0.</summary>
    public NvmeController Controller { get; }

    /// <summary>Size of BAR0 in bytes: a power of two.</summary>
    public ulong Bar0LengthBytes => _bar.Length;

    /// <summary>Where the guest has put BAR0: a guest-physical address.</summary>
    public ulong Bar0Address
    {
        get
        {
            lock (_lock)
                return _configuration.ReadUInt64(PciRegister.Bar0) & ~0xFul;
        }
    }

    /// <summary>Command register: the function answers to BAR0.</summary>
    public bool IsMemorySpaceEnabled => Has(PciCommand.MemorySpace);

    /// <summary>Command register: the function may write to memory, which MSI-X messages are.</summary>
    public bool IsBusMaster => Has(PciCommand.BusMaster);

    /// <summary>Size of the MSI-X table.</summary>
    public int Vectors => _msix.Vectors;

    /// <summary>Whether the guest uses MSI-X, and not the pin.</summary>
    public bool IsMsixEnabled => _msix.IsEnabled;

    /// <summary>What the guest has programmed for a vector.</summary>
    /// <param name="vector">The vector, below <see cref="Vectors"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">No such vector.</exception>
    public MsixMessage GetMessage(int vector)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(vector);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(vector, Vectors);
        return _msix.GetMessage(vector);
    }

    /// <summary>
    /// Resets the function as a function level reset does, and returns when the controller is disabled.
    /// </summary>
    /// <exception cref="InvalidOperationException">Called from a reactor's own thread.</exception>
    public void Reset()
    {
        ResetConfiguration();
        Controller.Reset();
    }

    /// <summary>Ends the controller; see <see cref="NvmeController.Dispose"/>.</summary>
    public void Dispose() => Controller.Dispose();

    private bool Has(PciCommand bit)
    {
        lock (_lock)
            return ((PciCommand)_configuration.ReadUInt16(PciRegister.Command) & bit) != 0;
    }

    /// <summary>The controller's interrupts, through MSI-X or to the pin.</summary>
    private sealed class Sink(PciFunction function) : IInterruptSink
    {
        public bool UsesPin => !function._msix.IsEnabled;

        public void Raise(int vector) => function._msix.Raise(vector);

        public void SetPin(bool asserted)
        {
            Volatile.Write(ref function._pin, asserted);
            function._line.Update();
        }
    }
}
