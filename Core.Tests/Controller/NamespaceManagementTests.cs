using System.Buffers.Binary;
using System.Collections.Concurrent;
using NvmeDoorbell.Controller;
using NvmeDoorbell.Spec;
using NvmeDoorbell.Storage;
using NvmeDoorbell.Tests.Drivers;
using static NvmeDoorbell.Tests.Drivers.Erasing;

namespace NvmeDoorbell.Tests.Controller;

/// <summary>Namespaces that guests make of a pool, attach, detach and delete.</summary>
public sealed class NamespaceManagementTests
{
    private const ulong PoolBytes = 8 << 20;

    private RamDiskPool _pool = null!;
    private SharedMachine _machine = null!;
    private ControllerDriver _driver = null!;

    [SetUp]
    public void SetUp()
    {
        _pool = new RamDiskPool(PoolBytes);
        _machine = new SharedMachine(3, new NvmeSubsystemOptions { Pool = _pool });
        _driver = _machine.Driver(0);
    }

    [TearDown]
    public void TearDown()
    {
        _machine.Dispose();
        _pool.Dispose();
    }

    [Test]
    public void A_namespace_is_made_attached_used_detached_and_deleted()
    {
        CompletionEntry created = Create(sizeBlocks: 1024, format: 1);
        Assert.That(created.Status, Is.EqualTo(StatusCode.Success));
        uint nsid = created.Result;
        Assert.That(nsid, Is.EqualTo(1));
        Assert.That(Controller().UnallocatedCapacityBytes, Is.EqualTo(PoolBytes - (4 << 20)));
        Assert.That(Controller().TotalCapacityBytes, Is.EqualTo(PoolBytes));
        Assert.That(
            new IdentifyNamespaceData(_driver.Identify(IdentifyCns.AllocatedNamespace, nsid)).SizeBlocks,
            Is.EqualTo(1024));
        DriverQueuePair pair = _driver.CreateQueuePair(1);
        ulong page = _driver.AllocatePages(1);
        Assert.That(Read(), Is.EqualTo(StatusCode.InvalidNamespaceOrFormat), "not attached yet");

        Assert.That(Attach(nsid, 1), Is.EqualTo(StatusCode.Success));
        Assert.That(Read(), Is.EqualTo(StatusCode.Success));
        Assert.That(BitConverter.ToUInt32(_driver.Identify(IdentifyCns.ActiveNamespaceList)), Is.EqualTo(nsid));
        Assert.That(
            BitConverter.ToUInt32(Events.ReadLogPage(_driver, LogPageId.ChangedNamespaces, 4096)), Is.EqualTo(nsid));
        Assert.That(Detach(nsid, 1), Is.EqualTo(StatusCode.Success));
        Assert.That(Read(), Is.EqualTo(StatusCode.InvalidNamespaceOrFormat));
        Assert.That(Delete(nsid), Is.EqualTo(StatusCode.Success));
        Assert.That(Delete(nsid), Is.EqualTo(StatusCode.InvalidNamespaceOrFormat));
        Assert.That(Controller().UnallocatedCapacityBytes, Is.EqualTo(PoolBytes));

        StatusCode Read() => ControllerDriver.Transfer(pair, IoOpcode.Read, nsid, 1023, 1, page).WithoutFlags();
    }

    [Test]
    public void Creation_knows_its_fields()
    {
        Assert.That(Status(Create(0)), Is.EqualTo(StatusCode.InvalidField), "NSZE");
        Assert.That(Status(Create(8, capacityBlocks: 9)), Is.EqualTo(StatusCode.InvalidField), "NCAP");
        Assert.That(Status(Create(8, capacityBlocks: 7)), Is.EqualTo(StatusCode.ThinProvisioningNotSupported));
        Assert.That(Status(Create(8, format: 2)), Is.EqualTo(StatusCode.InvalidFormat));
        Assert.That(Status(Create(8, change: page => page[29] = 1)), Is.EqualTo(StatusCode.InvalidField), "DPS");
        Assert.That(Status(Create(8, change: page => page[30] = 2)), Is.EqualTo(StatusCode.InvalidField), "NMIC");
        Assert.That(Status(Create(8, change: page => page[92] = 1)), Is.EqualTo(StatusCode.InvalidField), "ANAGRPID");
        Assert.That(Status(Create(8, change: page => page[100] = 1)), Is.EqualTo(StatusCode.InvalidField), "NVMSETID");
        Assert.That(Status(Create(8, nsid: 1)), Is.EqualTo(StatusCode.InvalidField), "NSID");
        Assert.That(Status(Create(8, commandSet: 2)), Is.EqualTo(StatusCode.IoCommandSetNotSupported));
        Assert.That(Status(Create(8, select: 2)), Is.EqualTo(StatusCode.InvalidField), "SEL");
        Assert.That(_pool.FreeBytes, Is.EqualTo(PoolBytes));
    }

    [Test]
    public void A_pool_gives_what_it_has_and_no_more()
    {
        Assert.That(Status(Create(PoolBytes / 512 + 1)), Is.EqualTo(StatusCode.NamespaceInsufficientCapacity));
        Assert.That(Status(Create(ulong.MaxValue)), Is.EqualTo(StatusCode.NamespaceInsufficientCapacity));
        Assert.That(
            Status(Create((1ul << 55) + 8)), Is.EqualTo(StatusCode.NamespaceInsufficientCapacity), "8 blocks in 64 bits");
        Assert.That(Status(Create(PoolBytes / 1024)), Is.EqualTo(StatusCode.Success));
        Assert.That(Status(Create(PoolBytes / 1024)), Is.EqualTo(StatusCode.Success));
        Assert.That(Status(Create(1)), Is.EqualTo(StatusCode.NamespaceInsufficientCapacity));
        Assert.That(Delete(NamespaceIds.All), Is.EqualTo(StatusCode.Success));
        Assert.That(_pool.FreeBytes, Is.EqualTo(PoolBytes));
    }

    [Test]
    public void Identifiers_run_out_before_a_pool_of_crumbs()
    {
        for (uint nsid = 1; nsid <= NvmeSubsystem.MaxNamespaceId; nsid++)
            Assert.That(Create(1).Result, Is.EqualTo(nsid));
        Assert.That(Status(Create(1)), Is.EqualTo(StatusCode.NamespaceIdentifierUnavailable));
    }

    [Test]
    public void Attachment_knows_its_list_and_what_is_attached()
    {
        uint shared = Create(8, isShared: true).Result;
        uint alone = Create(8).Result;
        Assert.That(Attach(shared), Is.EqualTo(StatusCode.ControllerListInvalid), "nobody");
        Assert.That(Attach(shared, 2, 1), Is.EqualTo(StatusCode.ControllerListInvalid), "not ascending");
        Assert.That(Attach(shared, 1, 1), Is.EqualTo(StatusCode.ControllerListInvalid), "twice");
        Assert.That(Attach(shared, 1, 9), Is.EqualTo(StatusCode.ControllerListInvalid), "no such controller");
        Assert.That(Attach(99, 1), Is.EqualTo(StatusCode.InvalidNamespaceOrFormat));
        Assert.That(Attach(NamespaceIds.All, 1), Is.EqualTo(StatusCode.InvalidNamespaceOrFormat));
        Assert.That(Attach(shared, 1, 2), Is.EqualTo(StatusCode.Success));
        Assert.That(Attach(shared, 2, 3), Is.EqualTo(StatusCode.NamespaceAlreadyAttached));
        Assert.That(Detach(shared, 2, 3), Is.EqualTo(StatusCode.NamespaceNotAttached));
        Assert.That(
            _driver.Identify(IdentifyCns.AttachedControllerList, shared)[..6], Is.EqualTo(new byte[] { 2, 0, 1, 0, 2, 0 }),
            "all or none");
        Assert.That(Attach(alone, 1, 2), Is.EqualTo(StatusCode.NamespaceIsPrivate));
        Assert.That(Attach(alone, 1), Is.EqualTo(StatusCode.Success));
        Assert.That(Attach(alone, 2), Is.EqualTo(StatusCode.NamespaceIsPrivate));
        Assert.That(Delete(alone), Is.EqualTo(StatusCode.Success), "an attached one is detached");
        Assert.That(Select(shared, 2, [1]), Is.EqualTo(StatusCode.InvalidField), "SEL");
    }

    [Test]
    public void What_the_embedder_has_added_a_guest_cannot_delete()
    {
        uint nsid = _machine.ShareRamDisk();
        Create(8);
        Assert.That(Delete(nsid), Is.EqualTo(StatusCode.OperationDenied));
        Assert.That(Delete(NamespaceIds.All), Is.EqualTo(StatusCode.OperationDenied), "all or none");
        Assert.That(_machine.Subsystem.RemoveNamespace(nsid), Is.True);
        Assert.That(Delete(NamespaceIds.All), Is.EqualTo(StatusCode.Success));
    }

    [Test]
    public void Without_a_pool_the_commands_are_not_offered()
    {
        using var machine = new TestMachine();
        machine.Driver.Enable();
        foreach (AdminOpcode opcode in (AdminOpcode[])[AdminOpcode.NamespaceManagement, AdminOpcode.NamespaceAttachment])
        {
            Assert.That(
                machine.Driver.Execute(new SubmissionEntry { Opcode = (byte)opcode }).Status.WithoutFlags(),
                Is.EqualTo(StatusCode.InvalidOpcode));
        }
        Assert.That(
            new IdentifyControllerData(machine.Driver.Identify(IdentifyCns.Controller)).OptionalAdminCommands
                & OptionalAdminCommands.NamespaceManagement,
            Is.EqualTo(OptionalAdminCommands.None));
        Assert.That(
            Controller().OptionalAdminCommands & OptionalAdminCommands.NamespaceManagement,
            Is.EqualTo(OptionalAdminCommands.NamespaceManagement));
    }

    [Test]
    public void A_subsystem_finds_the_namespaces_that_its_pool_has_kept()
    {
        uint nsid = Create(1024, isShared: true).Result;
        Attach(nsid, 1);
        Assert.That(
            _driver.Execute(new SubmissionEntry
            {
                Opcode = (byte)AdminOpcode.FormatNvm,
                NamespaceId = nsid,
                Cdw10 = 1,
            }).Status,
            Is.EqualTo(StatusCode.Success));
        _machine.Dispose();
        _machine = new SharedMachine(1, new NvmeSubsystemOptions { Pool = _pool });
        var kept = new IdentifyNamespaceData(_machine.Driver(0).Identify(IdentifyCns.AllocatedNamespace, nsid));
        Assert.That(kept.FormattedLbaSize, Is.EqualTo(1), "as it was formatted last");
        Assert.That(kept.SizeBlocks, Is.EqualTo(128));
        Assert.That(kept.SharingCapabilities, Is.EqualTo(1));
    }

    [Test]
    public void What_is_deleted_or_detached_ends_its_commands_first()
    {
        using var disk = new ManualDisk();
        uint nsid = _machine.Share(disk);
        DriverQueuePair pair = _machine.Driver(1).CreateQueuePair(1);
        ulong page = _machine.Driver(1).AllocatePages(1);
        ushort read = pair.Submit(ControllerDriver.BlockEntry(IoOpcode.Read, nsid, 0, 1, page));
        Wait.Until(() => disk.Waiting.Count == 1, "the read to be under way");

        ushort detach = Submit(AdminOpcode.NamespaceAttachment, nsid, 1, [1, 0, 2, 0]);
        // Out of range until then: what came to the disk would stay there.
        Wait.Until(
            () => pair.Execute(ControllerDriver.BlockEntry(IoOpcode.Read, nsid, 1 << 30, 1, page)).Status.WithoutFlags()
                == StatusCode.InvalidNamespaceOrFormat, "it to be detached");
        Controller();
        Assert.That(_driver.Admin.HasCompleted(detach), Is.False);
        disk.CompleteOne();
        Assert.That(pair.WaitFor(read).Status, Is.EqualTo(StatusCode.Success));
        Assert.That(_driver.Admin.WaitFor(detach).Status, Is.EqualTo(StatusCode.Success));
    }

    [Test]
    public void A_pools_disk_is_destroyed_when_its_commands_have_ended()
    {
        using var disk = new ManualDisk();
        var pool = new OneDiskPool(disk);
        using var machine = new SharedMachine(2, new NvmeSubsystemOptions { Pool = pool });
        machine.Subsystem.AttachNamespace(1, machine.Controller(1));
        DriverQueuePair pair = machine.Driver(1).CreateQueuePair(1);
        ulong page = machine.Driver(1).AllocatePages(1);
        ushort read = pair.Submit(ControllerDriver.BlockEntry(IoOpcode.Read, 1, 0, 1, page));
        Wait.Until(() => disk.Waiting.Count == 1, "the read to be under way");

        ushort delete = machine.Driver(0).Admin.Submit(
            new SubmissionEntry { Opcode = (byte)AdminOpcode.NamespaceManagement, NamespaceId = 1, Cdw10 = 1 });
        Wait.Until(() => machine.Driver(0).Identify(IdentifyCns.AllocatedNamespaceList)[0] == 0, "it to be gone");
        Assert.That(
            machine.Driver(0).Execute(FormatEntry(1)).Status.WithoutFlags(),
            Is.EqualTo(StatusCode.InvalidNamespaceOrFormat));
        Assert.That(pool.IsDestroyed, Is.False);
        Assert.That(machine.Driver(0).Admin.HasCompleted(delete), Is.False);
        disk.CompleteOne();
        Assert.That(pair.WaitFor(read).Status, Is.EqualTo(StatusCode.Success));
        Assert.That(machine.Driver(0).Admin.WaitFor(delete).Status, Is.EqualTo(StatusCode.Success));
        Assert.That(pool.IsDestroyed, Is.True);
    }

    [Test]
    public void An_identifier_is_nobody_elses_while_its_disk_is_made_or_destroyed()
    {
        using var disk = new ManualDisk();
        var pool = new OneDiskPool(disk);
        using var machine = new SharedMachine(1, new NvmeSubsystemOptions { Pool = pool });
        _driver = machine.Driver(0);
        pool.Gate.Reset();
        var page = new byte[4096];
        page[0] = page[8] = 8; // NSZE, NCAP
        ushort delete = _driver.Admin.Submit(
            new SubmissionEntry { Opcode = (byte)AdminOpcode.NamespaceManagement, NamespaceId = 1, Cdw10 = 1 });
        ushort[] creations = [.. Enumerable.Range(0, 2).Select(_ => Submit(AdminOpcode.NamespaceManagement, 0, 0, page))];
        Wait.Until(() => pool.Asked.Count == 2, "both creations");
        pool.Gate.Set();
        foreach (ushort creation in creations)
        {
            Assert.That(
                Status(_driver.Admin.WaitFor(creation)), Is.EqualTo(StatusCode.NamespaceInsufficientCapacity));
        }
        Assert.That(_driver.Admin.WaitFor(delete).Status, Is.EqualTo(StatusCode.Success));
        Assert.That(pool.Asked, Is.EquivalentTo(new uint[] { 2, 3 }));
        Create(8);
        Assert.That(pool.Asked, Has.Member(1), "it is free again");
    }

    [Test]
    public void Formatted_and_sanitized_namespaces_are_neither_deleted_nor_moved()
    {
        using var disk = new ManualDisk();
        using var machine = new SharedMachine(2, new NvmeSubsystemOptions { Pool = new OneDiskPool(disk) });
        _driver = machine.Driver(0);
        machine.Subsystem.AttachNamespace(1, machine.Controller(0));
        ushort format = _driver.Admin.Submit(FormatEntry(1));
        Wait.Until(() => disk.Waiting.Count == 1, "the format to have begun");
        Assert.That(Delete(1), Is.EqualTo(StatusCode.FormatInProgress));
        disk.Answer = DiskStatus.Success;
        disk.CompleteAll();
        Assert.That(_driver.Admin.WaitFor(format).Status, Is.EqualTo(StatusCode.Success));

        disk.Answer = DiskStatus.Pending;
        Assert.That(
            Status(_driver.Execute(new SubmissionEntry { Opcode = (byte)AdminOpcode.Sanitize, Cdw10 = 2 })),
            Is.EqualTo(StatusCode.Success));
        Assert.That(Delete(1), Is.EqualTo(StatusCode.SanitizeInProgress));
        Assert.That(Status(Create(8)), Is.EqualTo(StatusCode.SanitizeInProgress));
        Assert.That(Attach(1, 2), Is.EqualTo(StatusCode.SanitizeInProgress));
        Assert.That(Detach(1, 1), Is.EqualTo(StatusCode.SanitizeInProgress));
        Wait.Until(() => disk.Waiting.Count == 1, "the first piece");
        disk.Answer = DiskStatus.Success;
        disk.CompleteAll();
        Wait.Until(
            () => (Events.ReadLogPage(_driver, LogPageId.SanitizeStatus, 512)[2] & 7) == 1, "the end");
        Assert.That(Attach(1, 2), Is.EqualTo(StatusCode.NamespaceIsPrivate));
        Assert.That(Delete(1), Is.EqualTo(StatusCode.Success));
    }

    [Test]
    public void Lists_of_more_controllers_than_a_list_has_are_none()
    {
        uint nsid = Create(8, isShared: true).Result;
        var page = new byte[4096];
        for (int index = 0; index < 2048; index++)
            BinaryPrimitives.WriteUInt16LittleEndian(page.AsSpan(2 * index), (ushort)(index == 0 ? 2048 : index));
        Assert.That(
            Status(Run(AdminOpcode.NamespaceAttachment, nsid, 0, page)), Is.EqualTo(StatusCode.ControllerListInvalid));
        Assert.That(Status(Create(8, format: 0x21)), Is.EqualTo(StatusCode.InvalidFormat), "FLBAS, bits 6:5");
        Assert.That(Delete(nsid), Is.EqualTo(StatusCode.Success));
        Assert.That(Delete(NamespaceIds.All), Is.EqualTo(StatusCode.Success), "none is left");
        Assert.That(Delete(0), Is.EqualTo(StatusCode.InvalidNamespaceOrFormat));
    }

    private static StatusCode Status(CompletionEntry completion) => completion.Status.WithoutFlags();

    private IdentifyControllerData Controller() => new(_driver.Identify(IdentifyCns.Controller));

    private CompletionEntry Create(
        ulong sizeBlocks,
        ulong? capacityBlocks = null,
        byte format = 0,
        bool isShared = false,
        uint nsid = 0,
        uint commandSet = 0,
        uint select = 0,
        Action<byte[]>? change = null)
    {
        var page = new byte[4096];
        BinaryPrimitives.WriteUInt64LittleEndian(page, sizeBlocks);
        BinaryPrimitives.WriteUInt64LittleEndian(page.AsSpan(8), capacityBlocks ?? sizeBlocks);
        page[26] = format;
        page[30] = isShared ? (byte)1 : (byte)0;
        change?.Invoke(page);
        return Run(AdminOpcode.NamespaceManagement, nsid, select, page, commandSet << 24);
    }

    private StatusCode Delete(uint nsid) => Status(Run(AdminOpcode.NamespaceManagement, nsid, 1, new byte[4096]));

    private StatusCode Attach(uint nsid, params ushort[] controllers) => Select(nsid, 0, controllers);

    private StatusCode Detach(uint nsid, params ushort[] controllers) => Select(nsid, 1, controllers);

    private StatusCode Select(uint nsid, uint select, ushort[] controllers)
    {
        var page = new byte[4096];
        BinaryPrimitives.WriteUInt16LittleEndian(page, (ushort)controllers.Length);
        for (int index = 0; index < controllers.Length; index++)
            BinaryPrimitives.WriteUInt16LittleEndian(page.AsSpan(2 + 2 * index), controllers[index]);
        return Status(Run(AdminOpcode.NamespaceAttachment, nsid, select, page));
    }

    private CompletionEntry Run(AdminOpcode opcode, uint nsid, uint select, byte[] page, uint cdw11 = 0) =>
        _driver.Admin.WaitFor(Submit(opcode, nsid, select, page, cdw11));

    private ushort Submit(AdminOpcode opcode, uint nsid, uint select, byte[] page, uint cdw11 = 0)
    {
        const ulong address = 0xF0_0000; // beyond what the driver has allocated
        _driver.Memory.TryWrite(address, page);
        return _driver.Admin.Submit(new SubmissionEntry
        {
            Opcode = (byte)opcode,
            NamespaceId = nsid,
            Prp1 = address,
            Cdw10 = select,
            Cdw11 = cdw11,
        });
    }

    // A pool of one disk, made already, of the test; it makes no other, and says so when the gate is open.
    private sealed class OneDiskPool(IDisk disk) : IDiskPool
    {
        public ManualResetEventSlim Gate { get; } = new(initialState: true);

        public ConcurrentQueue<uint> Asked { get; } = new();

        public bool IsDestroyed { get; private set; }

        public ulong TotalBytes => 8 << 20;

        public ulong FreeBytes => 4 << 20;

        public IReadOnlyList<PooledDisk> GetDisks() => [new PooledDisk(1, disk, 512, IsShared: false)];

        public PooledDisk? Create(uint nsid, ulong lengthBytes, int blockBytes, bool isShared)
        {
            Asked.Enqueue(nsid);
            Gate.Wait();
            return null;
        }

        public PooledDisk SetBlock(PooledDisk disk, int blockBytes) => disk with { BlockBytes = blockBytes };

        public void Destroy(PooledDisk disk)
        {
            Gate.Wait();
            IsDestroyed = true;
        }
    }
}
