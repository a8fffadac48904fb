using NvmeDoorbell.Doorbells;
using NvmeDoorbell.Spec;

namespace NvmeDoorbell.Controller;

/// <summary>The parts of a controller that its admin commands work on.</summary>
internal sealed class ControllerContext
{
    // CAP.TO and CRTO are in units of 500 ms: 15 s, which a disk may take to let go of its requests at a reset.
    private const byte ReadyTimeout = 30;

    // CAP.CSS: the NVM Command Set, and command sets chosen by CC.CSS = 110b.
    private const byte CommandSets = 0x41;

    // CAP.AMS: weighted round robin with urgent class, beside round robin.
    private const byte WeightedRoundRobin = 1;

    public ControllerContext(
        NvmeControllerOptions options, DoorbellMemory doorbells, NvmeSubsystem subsystem, SubsystemMember member)
    {
        Options = options;
        Subsystem = subsystem;
        Member = member;
        Doorbells = doorbells;
        Capabilities = new ControllerCapabilities
        {
            MaximumQueueEntriesSupported = (ushort)(options.MaxQueueEntries - 1),
            ContiguousQueuesRequired = true,
            ArbitrationMechanismSupported = WeightedRoundRobin,
            Timeout = ReadyTimeout,
            DoorbellStride = (byte)options.StrideExponent,
            SubsystemResetSupported = options.SubsystemReset,
            CommandSetsSupported = CommandSets,
            ControllerReadyModesSupported = 1,
        };
        Registers = new RegisterFile(Capabilities);
        Health = new ControllerHealth(asynchronousEvent => member.Admin?.Raise(asynchronousEvent));
        Interrupts = new InterruptRouter(options.Interrupts, options.EffectiveVectors);
    }

    public NvmeControllerOptions Options { get; }

    public DoorbellMemory Doorbells { get; }

    public ControllerCapabilities Capabilities { get; }

    public RegisterFile Registers { get; }

    public InterruptRouter Interrupts { get; }

    /// <summary>
    /// Doorbell Buffer Config is offered. Not while a monitor that posts doorbell writes gives interrupts to the pin: it
    /// lets the pin go when the guest accesses the device, which a guest with shadow doorbells has no need to do.
    /// </summary>
    public bool OffersShadowDoorbells =>
        Options.OffersShadowDoorbells && !(Options.PostedDoorbells && Interrupts.UsesPin);

    public NvmeSubsystem Subsystem { get; }

    /// <summary>The controller's place in the subsystem.</summary>
    public SubsystemMember Member { get; }

    /// <summary>The namespaces attached to it.</summary>
    public NamespaceTable Namespaces => Member.Namespaces;

    public ErrorLog ErrorLog { get; } = new();

    public ControllerCounters Counters { get; } = new();

    public ControllerHealth Health { get; }

    public ChangedNamespaces ChangedNamespaces => Member.ChangedNamespaces;
}
