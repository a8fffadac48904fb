using System.Numerics;
using NvmeDoorbell.Doorbells;
using NvmeDoorbell.Memory;

namespace NvmeDoorbell.Controller;

/// <summary>
/// What a controller is made of and what it offers to its guest. Checked when the controller is created.
/// </summary>
public sealed record NvmeControllerOptions
{
    /// <summary>The most interrupt vectors: the largest MSI-X table.</summary>
    public const int MaxVectors = 2048;

    /// <summary>Guest RAM. It stays the embedder's, and outlives the controller.</summary>
    public required GuestMemory Memory { get; init; }

    /// <summary>
    /// The threads that serve the controller, at least one. The admin task runs on the first, I/O tasks are spread over
    /// all. They stay the embedder's, and outlive the controller.
    /// </summary>
    public required IReadOnlyList<Reactor> Reactors { get; init; }

    /// <summary>
    /// The subsystem that it is a controller of; null: one of its own. It stays the embedder's, and outlives the
    /// controller.
    /// </summary>
    public NvmeSubsystem? Subsystem { get; init; }

    /// <summary>Where interrupts go; null: nowhere. A PCI function sets its own.</summary>
    public IInterruptSink? Interrupts { get; init; }

    /// <summary>The most I/O queue pairs, 1 to 65535.</summary>
    public int MaxQueuePairs { get; init; } = 64;

    /// <summary>The most entries of an I/O queue, 2 to 65536: CAP.MQES + 1.</summary>
    public int MaxQueueEntries { get; init; } = 1024;

    /// <summary>
    /// Interrupt vectors, 1 to 2048; 0: one for each queue pair and the admin queue, as far as there are.
    /// </summary>
    public int Vectors { get; init; }

    /// <summary>CAP.DSTRD, 0 to 8: doorbells are 4 &lt;&lt; this bytes apart.</summary>
    public int StrideExponent { get; init; }

    /// <summary>Who pays for the fence of a ring.</summary>
    public DoorbellBarrier Barrier { get; init; }

    /// <summary>
    /// Offer Doorbell Buffer Config. It is offered only where all doorbells fit one 4 KiB page, and not together with
    /// <see cref="MappedDoorbells"/>.
    /// </summary>
    public bool ShadowDoorbells { get; init; } = true;

    /// <summary>The doorbells live in a page that the guest may map; the queues are then polled.</summary>
    public bool MappedDoorbells { get; init; }

    /// <summary>
    /// With <see cref="MappedDoorbells"/>: the embedder's own memory for the page, for instance a mapping of a descriptor
    /// that a guest in another process maps too. A host address, a multiple of 4096, with
    /// <see cref="DoorbellPageLengthBytes"/> bytes that stay mapped until the controller has been disposed. 0: memory of
    /// ours.
    /// </summary>
    public nint DoorbellPageAddress { get; init; }

    /// <summary>How long the page of doorbells is with these options: whole pages of 4096 bytes.</summary>
    public ulong DoorbellPageLengthBytes =>
        (((8ul << StrideExponent) * ((ulong)MaxQueuePairs + 1)) + GuestMemory.PageBytes - 1)
        / GuestMemory.PageBytes * GuestMemory.PageBytes;

    /// <summary>
    /// Doorbell writes arrive some time after the guest has made them, as they do from a monitor that is another process
    /// and does not hold its guest until they are here.
    /// </summary>
    public bool PostedDoorbells { get; init; }

    /// <summary>
    /// A guest that has been interrupted for a queue and has not moved its head since is not interrupted for it again, for up
    /// to 100 µs: where an interrupt costs a call to the system, or another process. With INTx there is nothing to spare.
    /// </summary>
    public bool ModeratedInterrupts { get; init; }

    /// <summary>The largest transfer of a command in bytes, a power of two, 4096 to 16 MiB: MDTS.</summary>
    public uint MaxTransferBytes { get; init; } = 1 << 20;

    /// <summary>
    /// CAP.NSSRS: the guest may reset the subsystem, and with it every controller that is in it. False protects the other
    /// guests of a subsystem from this one; their own resets of it reach it all the same.
    /// </summary>
    public bool SubsystemReset { get; init; } = true;

    /// <summary>Serial number, up to 20 printable ASCII characters. With <see cref="Subsystem"/>, that one's counts.</summary>
    public string Serial { get; init; } = "NVMEDB0000000001";

    /// <summary>Model number, up to 40 printable ASCII characters. With <see cref="Subsystem"/>, that one's counts.</summary>
    public string Model { get; init; } = "NvmeDoorbell Controller";

    /// <summary>PCI vendor.</summary>
    public ushort PciVendorId { get; init; } = 0x1B36;

    /// <summary>PCI device.</summary>
    public ushort PciDeviceId { get; init; } = 0x0010;

    /// <summary>PCI subsystem vendor.</summary>
    public ushort PciSubsystemVendorId { get; init; }

    /// <summary>PCI subsystem.</summary>
    public ushort PciSubsystemId { get; init; }

    /// <summary><see cref="Vectors"/> with its default filled in.</summary>
    internal int EffectiveVectors => Vectors != 0 ? Vectors : Math.Min(MaxQueuePairs + 1, MaxVectors);

    /// <summary>Whether Doorbell Buffer Config is offered: the page it names holds 4 KiB, CC.MPS being 0.</summary>
    internal bool OffersShadowDoorbells =>
        ShadowDoorbells
        && !MappedDoorbells
        && (8ul << StrideExponent) * ((ulong)MaxQueuePairs + 1) <= GuestMemory.PageBytes;

    /// <summary>Checks every option.</summary>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    internal void Validate()
    {
        ArgumentNullException.ThrowIfNull(Memory);
        ArgumentNullException.ThrowIfNull(Reactors);
        bool hasReactors = Reactors.Count > 0;
        foreach (Reactor? reactor in Reactors)
            hasReactors &= reactor is not null;
        if (!hasReactors)
            throw new ArgumentException("At least one reactor is needed, and none may be null.", nameof(Reactors));
        CheckRange(MaxQueuePairs, 1, 65535, nameof(MaxQueuePairs));
        CheckRange(MaxQueueEntries, 2, 65536, nameof(MaxQueueEntries));
        CheckRange(Vectors, 0, MaxVectors, nameof(Vectors));
        CheckRange(StrideExponent, 0, 8, nameof(StrideExponent));
        if (DoorbellPageAddress % GuestMemory.PageBytes != 0 || (DoorbellPageAddress != 0 && !MappedDoorbells))
        {
            throw new ArgumentException(
                "A page of doorbells starts at a multiple of 4096, and is used with MappedDoorbells.",
                nameof(DoorbellPageAddress));
        }
        if (MaxTransferBytes is < 4096 or > 1 << 24 || !BitOperations.IsPow2(MaxTransferBytes))
        {
            throw new ArgumentOutOfRangeException(
                nameof(MaxTransferBytes), MaxTransferBytes, "A power of two from 4096 to 16 MiB.");
        }
        NvmeSubsystemOptions.CheckText(Serial, 20, nameof(Serial));
        NvmeSubsystemOptions.CheckText(Model, 40, nameof(Model));
    }

    private static void CheckRange(int value, int least, int most, string name)
    {
        if (value < least || value > most)
            throw new ArgumentOutOfRangeException(name, value, $"From {least} to {most}.");
    }
}
