using NvmeDoorbell.Doorbells;
using NvmeDoorbell.Spec;
using NvmeDoorbell.Storage;

namespace NvmeDoorbell.Controller;

/// <summary>
/// An NVMe I/O controller behind its registers: what a PCI function, or another transport of register accesses, wraps.
/// </summary>
/// <remarks>
/// Every member may be called from any thread, but those that wait (<see cref="Reset"/>, <see cref="RemoveNamespace"/>,
/// <see cref="Dispose"/>) not from a reactor's own thread. A guest's accesses never throw and never wait: register
/// writes state what is wanted, and the admin task on the first reactor does it. Source: NVMe Base Specification 2.0,
/// NVM Command Set Specification 1.0, NVMe over PCIe Transport Specification 1.0.
/// </remarks>
public sealed partial class NvmeController : IDisposable
{
    private readonly ControllerContext _context;
    private readonly AdminTask _admin;
    private readonly Action _onMemoryChanged;
    private readonly Lock _lock = new();

    /// <summary>0, 1 while it is being disposed of, 2 when nothing is left of it.</summary>
    private int _isDisposed;

    /// <summary>Creates a controller, disabled, without namespaces.</summary>
    /// <param name="options">What it is made of.</param>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    /// <exception cref="ObjectDisposedException">A reactor has been disposed.</exception>
    public NvmeController(NvmeControllerOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        Options = options;
        // Two doorbells for each queue, the admin queue's first.
        Doorbells = new DoorbellMemory(2 * (options.MaxQueuePairs + 1), options.StrideExponent, options.Barrier);
        if (options.MappedDoorbells)
            DoorbellPage = EnableDoorbellPage(options.DoorbellPageAddress);
        Subsystem = options.Subsystem
            ?? new NvmeSubsystem(new NvmeSubsystemOptions { Serial = options.Serial, Model = options.Model });
        _onMemoryChanged = WakeTasks;
        _readDword = ReadRegisterDword;
        SubsystemMember member = Subsystem.Join(this);
        try
        {
            _context = new ControllerContext(options, Doorbells, Subsystem, member);
            member.Admin = _admin = new AdminTask(_context, new Notices(this));
            options.Memory.Subscribe(_onMemoryChanged);
            _admin.Start();
        }
        catch
        {
            Subsystem.Leave(member); // nothing has been begun that would answer for it
            throw;
        }
        ControllerMetrics.Add(this);
    }

    /// <summary>What it was made of.</summary>
    public NvmeControllerOptions Options { get; }

    /// <summary>
    /// The doorbells: submission queue <i>y</i>'s tail is 2<i>y</i>, completion queue <i>y</i>'s head 2<i>y</i> + 1.
    /// </summary>
    public DoorbellMemory Doorbells { get; }

    /// <summary>
    /// Host address of the page to map at BAR0 + 1000h, <see cref="DoorbellMemory.MappedPageLengthBytes"/> long; 0
    /// without
    /// <see cref="NvmeControllerOptions.MappedDoorbells"/>.
    /// </summary>
    public nint DoorbellPage { get; }

    /// <summary>CSTS.RDY: commands are taken.</summary>
    public bool IsReady => _context.Registers.Status.Ready;

    /// <summary>The subsystem that it is a controller of.</summary>
    public NvmeSubsystem Subsystem { get; }

    /// <summary>CNTLID: its identifier in the subsystem.</summary>
    public ushort Id => _context.Member.Id;

    /// <summary>Adds a namespace to the subsystem and attaches it to this controller. The guest is told by an event, if it has asked for that.</summary>
    /// <param name="nsid">1 to 1024, or 0 for the lowest that is free.</param>
    /// <param name="disk">Its disk, with blocks of 512 to 4096 bytes. It stays the embedder's: dispose of it after
    /// <see cref="RemoveNamespace"/> or <see cref="Dispose"/>.</param>
    /// <returns>The namespace identifier.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The identifier is out of range.</exception>
    /// <exception cref="InvalidOperationException">The identifier is in use, or none is free.</exception>
    /// <exception cref="ObjectDisposedException">The controller has been disposed.</exception>
    public uint AddNamespace(uint nsid, IDisk disk)
    {
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _isDisposed) != 0, this);
        return Subsystem.AddNamespace(nsid, disk, _context.Member);
    }

    /// <summary>
    /// Takes a namespace out of the subsystem, and so from every controller that it is attached to: new commands get
    /// Invalid Namespace or Format, and the call returns when those under way have ended.
    /// </summary>
    /// <param name="nsid">Its identifier.</param>
    /// <returns>False: there is none of that identifier.</returns>
    /// <exception cref="InvalidOperationException">Called from a reactor's own thread.</exception>
    /// <exception cref="TimeoutException">The disk has kept a request for more than 10 s; the namespace is gone,
    /// but its disk is still in use.</exception>
    public bool RemoveNamespace(uint nsid) => Subsystem.RemoveNamespace(nsid);

    /// <summary>
    /// Resets the controller as a function level reset does, and returns when it is disabled: no command is under way,
    /// and no guest memory is touched.
    /// </summary>
    /// <exception cref="InvalidOperationException">Called from a reactor's own thread.</exception>
    /// <exception cref="TimeoutException">A disk has kept a request for more than 10 s; the reset goes on.</exception>
    public void Reset()
    {
        ReactorWait.ThrowIfOn(Options.Reactors);
        ulong reset = _context.Registers.StartReset();
        _admin.LookAtRegisters();
        ReactorWait.Until(
            Options.Reactors, () => _context.Registers.FinishedResets >= reset, "A disk has kept a request.");
    }

    /// <summary>Starts what <see cref="Reset"/> waits for, and returns: for a guest's function level reset.</summary>
    public void StartReset()
    {
        _context.Registers.StartReset();
        _admin.LookAtRegisters();
    }

    /// <summary>
    /// To be called after <see cref="IInterruptSink.UsesPin"/> has changed: levels are computed anew.
    /// </summary>
    public void OnInterruptModeChanged()
    {
        _context.Interrupts.OnModeChanged();
        WakeTasks();
    }

    /// <summary>
    /// The composite temperature that SMART reports. Where it crosses a threshold of the guest's, the guest is told by an
    /// event, if it has asked for that.
    /// </summary>
    /// <param name="kelvin">Kelvins; 313 at first.</param>
    public void SetTemperature(ushort kelvin) => _context.Health.Kelvin = kelvin;

    /// <summary>
    /// Warnings that SMART reports until they are taken back. The guest is told by an event, if it has asked for that.
    /// </summary>
    /// <param name="warnings">All that is wrong now. The temperature's follows from <see cref="SetTemperature"/>.</param>
    public void SetCriticalWarnings(CriticalWarnings warnings) => _context.Health.SetWarnings(warnings);

    /// <summary>What the controller has done so far.</summary>
    public ControllerStatistics GetStatistics()
    {
        IoTotals totals = _admin.Queues.GetTotals();
        ControllerCounters counters = _context.Counters;
        return new ControllerStatistics(
            IsReady,
            totals.Commands,
            counters.AdminCommands,
            totals.Errors + counters.AdminErrors,
            counters.InvalidRings,
            _context.Interrupts.Raised,
            totals.BytesRead,
            totals.BytesWritten,
            totals.Doorbells,
            totals.TimedCommands,
            TimeSpan.FromTicks((long)(totals.TimedNs / TimeSpan.NanosecondsPerTick)));
    }

    /// <summary>
    /// Ends the controller: commands under way are finished or dropped, doorbells closed, and no guest memory is
    /// touched after it has returned. May be repeated after a timeout.
    /// </summary>
    /// <exception cref="InvalidOperationException">Called from a reactor's own thread.</exception>
    /// <exception cref="TimeoutException">A disk has kept a request for more than 10 s; call again.</exception>
    public void Dispose()
    {
        ReactorWait.ThrowIfOn(Options.Reactors);
        lock (_lock)
        {
            if (IsDisposed)
                return;
            Volatile.Write(ref _isDisposed, 1);
            _context.Registers.Close();
            Reset();
            Options.Memory.Unsubscribe(_onMemoryChanged);
            ControllerMetrics.Remove(this);
            _context.Namespaces.Tasks.Close();
            _admin.Dispose();
            Subsystem.Leave(_context.Member);
            Doorbells.Dispose();
            Volatile.Write(ref _isDisposed, 2);
        }
    }

    private nint EnableDoorbellPage(nint address)
    {
        if (address == 0)
            return Doorbells.EnableMappedPage();
        Doorbells.EnableMappedPage(address);
        return address;
    }

    private bool IsDisposed => Volatile.Read(ref _isDisposed) == 2;

    private void WakeTasks()
    {
        _admin.Waker.Wake();
        _admin.Queues.WakeAll();
    }

    /// <summary>What I/O tasks report: to the error log, and to the admin task for its events.</summary>
    private sealed class Notices(NvmeController controller) : IIoNotices
    {
        public void OnInvalidDoorbellValue(int doorbellId) => controller.ReportInvalidRing(
            doorbellId, AsynchronousEvent.InvalidDoorbellWriteValue);

        public void OnQueueMemoryFault(int doorbellId)
        {
            controller._context.ErrorLog.AddForQueue((ushort)(doorbellId / 2));
            NvmeEvents.Log.ReportQueueMemory(controller.Options.Serial, doorbellId / 2);
        }

        public void OnCommandFailed(in ErrorEntry error)
        {
            controller._context.ErrorLog.Add(error);
            NvmeEvents.Log.ReportCommand(controller.Options.Serial, error.SqId, error.Status);
        }
    }
}
