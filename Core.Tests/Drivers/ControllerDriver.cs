using NvmeDoorbell.Memory;
using NvmeDoorbell.Pci;
using NvmeDoorbell.Spec;

namespace NvmeDoorbell.Tests.Drivers;

/// <summary>
/// A driver written from the specification's side: it knows BAR0 and guest RAM, and nothing of the device behind them.
/// </summary>
/// <param name="read">Reads BAR0: offset, width in bytes.</param>
/// <param name="write">Writes BAR0: offset, width in bytes, value.</param>
/// <param name="memory">Guest RAM.</param>
internal sealed class ControllerDriver(
    Func<ulong, int, ulong> read, Action<ulong, int, ulong> write, GuestMemory memory)
{
    public const uint DefaultConfiguration = 0x0046_0001; // EN, IOSQES 6, IOCQES 4
    public const uint WeightedRoundRobin = 1 << 11; // AMS

    private readonly List<DriverQueuePair> _pairs = [];
    private ulong _nextPage = 0x10_0000;

    public ControllerDriver(PciFunction function, GuestMemory memory)
        : this(function.ReadBar0, function.WriteBar0, memory)
    {
    }

    public GuestMemory Memory => memory;

    /// <summary>The admin queues, from <see cref="Enable"/> on.</summary>
    public DriverQueuePair Admin { get; private set; } = null!;

    public ulong Capabilities => Read64(RegisterOffset.Capabilities);

    public ControllerStatus Status => new(Read32(RegisterOffset.ControllerStatus));

    public int StrideExponent => new ControllerCapabilities(Capabilities).DoorbellStride;

    public uint Read32(ulong offset) => (uint)read(offset, 4);

    public ulong Read64(ulong offset) => read(offset, 8);

    public void Write32(ulong offset, uint value) => write(offset, 4, value);

    public void Write64(ulong offset, ulong value) => write(offset, 8, value);

    /// <summary>Pages of guest RAM that nothing else uses, zeroed.</summary>
    public ulong AllocatePages(int count)
    {
        ulong address = _nextPage;
        _nextPage += (ulong)count * GuestMemory.PageBytes;
        Assert.That(memory.TryWrite(address, new byte[count * GuestMemory.PageBytes]), Is.True, "out of test RAM");
        return address;
    }

    public byte[] ReadRam(ulong address, int length)
    {
        var bytes = new byte[length];
        Assert.That(memory.TryRead(address, bytes), Is.True);
        return bytes;
    }

    /// <summary>Sets the admin queue up without enabling.</summary>
    public void SetUpAdminQueue(int entries = 32, int completionEntries = 0)
    {
        completionEntries = completionEntries == 0 ? entries : completionEntries;
        Admin = NewPair(0, 0, entries, completionEntries);
        Write32(RegisterOffset.AdminQueueAttributes, (uint)(completionEntries - 1) << 16 | (uint)(entries - 1));
        Write64(RegisterOffset.AdminSubmissionQueue, Admin.SubmissionAddress);
        Write64(RegisterOffset.AdminCompletionQueue, Admin.CompletionAddress);
    }

    /// <summary>Sets the admin queue up, enables, and waits for Ready.</summary>
    public void Enable(int entries = 32, int completionEntries = 0, uint configuration = DefaultConfiguration)
    {
        SetUpAdminQueue(entries, completionEntries);
        Write32(RegisterOffset.ControllerConfiguration, configuration);
        Wait.Until(() => Status.Ready || Status.FatalStatus, "CSTS.RDY");
        Assert.That(Status.FatalStatus, Is.False, "CSTS.CFS");
    }

    /// <summary>Clears CC.EN and waits until the controller is not ready.</summary>
    public void Disable()
    {
        Write32(RegisterOffset.ControllerConfiguration, 0);
        Wait.Until(() => Status.Value == 0, "CSTS = 0");
    }

    /// <summary>Submits an admin command and waits for its completion.</summary>
    public CompletionEntry Execute(SubmissionEntry entry) => Admin.Execute(entry);

    public CompletionEntry Identify(IdentifyCns cns, uint nsid, ulong prp1, ulong prp2 = 0, uint cdw11 = 0) =>
        Execute(new SubmissionEntry
        {
            Opcode = (byte)AdminOpcode.Identify,
            NamespaceId = nsid,
            Prp1 = prp1,
            Prp2 = prp2,
            Cdw10 = (uint)cns,
            Cdw11 = cdw11,
        });

    /// <summary>Identify into a page of its own.</summary>
    public byte[] Identify(IdentifyCns cns, uint nsid = 0, uint cdw11 = 0)
    {
        ulong page = AllocatePages(1);
        Assert.That(Identify(cns, nsid, page, cdw11: cdw11).Status, Is.EqualTo(StatusCode.Success));
        return ReadRam(page, GuestMemory.PageBytes);
    }

    /// <summary>Creates a completion queue; asserts nothing.</summary>
    public StatusCode CreateCompletionQueue(int id, int entries, ulong address, int vector = 0, uint flags = 3) =>
        Execute(new SubmissionEntry
        {
            Opcode = (byte)AdminOpcode.CreateIoCompletionQueue,
            Prp1 = address,
            Cdw10 = (uint)(entries - 1) << 16 | (uint)id,
            Cdw11 = (uint)vector << 16 | flags,
        }).Status;

    /// <summary>Creates a submission queue; asserts nothing.</summary>
    public StatusCode CreateSubmissionQueue(int id, int entries, ulong address, int completionId, uint flags = 1) =>
        Execute(new SubmissionEntry
        {
            Opcode = (byte)AdminOpcode.CreateIoSubmissionQueue,
            Prp1 = address,
            Cdw10 = (uint)(entries - 1) << 16 | (uint)id,
            Cdw11 = (uint)completionId << 16 | flags,
        }).Status;

    public StatusCode Delete(AdminOpcode opcode, int id) =>
        Execute(new SubmissionEntry { Opcode = (byte)opcode, Cdw10 = (uint)id }).Status;

    /// <summary>Creates an I/O queue pair.</summary>
    public DriverQueuePair CreateQueuePair(
        int id, int entries = 64, int vector = 0, uint completionFlags = 3, uint submissionFlags = 1)
    {
        DriverQueuePair pair = NewPair(id, id, entries, entries);
        Assert.That(
            CreateCompletionQueue(id, entries, pair.CompletionAddress, vector, completionFlags),
            Is.EqualTo(StatusCode.Success));
        Assert.That(
            CreateSubmissionQueue(id, entries, pair.SubmissionAddress, id, submissionFlags),
            Is.EqualTo(StatusCode.Success));
        return pair;
    }

    /// <summary>Reads or writes blocks and waits.</summary>
    public static StatusCode Transfer(
        DriverQueuePair pair, IoOpcode opcode, uint nsid, ulong lba, int blocks, ulong prp1, ulong prp2 = 0) =>
        pair.Execute(BlockEntry(opcode, nsid, lba, blocks, prp1, prp2)).Status;

    public static SubmissionEntry BlockEntry(
        IoOpcode opcode, uint nsid, ulong lba, int blocks, ulong prp1, ulong prp2 = 0) => new()
        {
            Opcode = (byte)opcode,
            NamespaceId = nsid,
            Prp1 = prp1,
            Prp2 = prp2,
            Cdw10 = (uint)lba,
            Cdw11 = (uint)(lba >> 32),
            Cdw12 = (uint)(blocks - 1),
        };

    private DriverQueuePair NewPair(int submissionId, int completionId, int entries, int completionEntries)
    {
        var pair = new DriverQueuePair(
            this,
            submissionId,
            completionId,
            AllocatePages((entries * SubmissionEntry.SizeBytes + 4095) / 4096),
            entries,
            AllocatePages((completionEntries * CompletionEntry.SizeBytes + 4095) / 4096),
            completionEntries);
        _pairs.Add(pair);
        return pair;
    }
}
