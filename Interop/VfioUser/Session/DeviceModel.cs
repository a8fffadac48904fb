using NvmeDoorbell.Controller;
using NvmeDoorbell.Doorbells;
using NvmeDoorbell.Memory;
using NvmeDoorbell.Pci;
using NvmeDoorbell.Storage;

namespace NvmeDoorbell.VfioUser.Session;

/// <summary>What every client's device is made of. Disks and reactors stay; the device itself is new for each.</summary>
internal sealed record DeviceModel
{
    /// <summary>The namespaces' disks, in order. They stay the owner's.</summary>
    public required IReadOnlyList<IDisk> Disks { get; init; }

    /// <summary>The threads. They stay the owner's.</summary>
    public required IReadOnlyList<Reactor> Reactors { get; init; }

    /// <summary>The most I/O queue pairs.</summary>
    public int QueuePairs { get; init; } = 64;

    /// <summary>The client may map the page of doorbells.</summary>
    public bool MapsDoorbells { get; init; }

    /// <summary>Serial number, up to 20 characters.</summary>
    public string Serial { get; init; } = "NVMEDB0000000001";

    /// <summary>Vectors of MSI-X: one for each queue, the admin queue's too.</summary>
    public int Vectors => Math.Min(QueuePairs + 1, NvmeControllerOptions.MaxVectors);

    /// <summary>The options of a controller.</summary>
    /// <exception cref="ArgumentException">The model is not of the kind that a controller can be made of.</exception>
    public NvmeControllerOptions ToOptions(GuestMemory memory) => new()
    {
        Memory = memory,
        Reactors = Reactors,
        MaxQueuePairs = QueuePairs,
        Vectors = Vectors,
        MappedDoorbells = MapsDoorbells,
        PostedDoorbells = true,
        // Every ring comes as a message, and fences for itself; the guest's stores to its pages no barrier of ours reaches.
        Barrier = DoorbellBarrier.Symmetric,
        ModeratedInterrupts = true,
        Serial = Serial,
    };
}
