using NvmeDoorbell.Spec;
using NvmeDoorbell.Storage;
using NvmeDoorbell.Tests.Drivers;

namespace NvmeDoorbell.Tests.Controller;

/// <summary>Utilization of namespaces on disks that take room only for what is written.</summary>
internal sealed class ThinTests
{
    private const byte ThinProvisioning = 1;

    [TestCase(0ul, 0ul)]
    [TestCase(1ul, 1ul)]
    [TestCase(512ul, 1ul)]
    [TestCase(513ul, 2ul)]
    [TestCase(1ul << 20, 2048ul)]
    [TestCase(ulong.MaxValue, 2048ul)]
    public void Utilization_is_the_room_taken_in_blocks_as_far_as_the_size(ulong bytes, ulong blocks)
    {
        using var machine = new TestMachine();
        machine.AddDisk(new ThinDisk { AllocatedBytes = bytes }, 1);
        machine.Driver.Enable();

        IdentifyNamespaceData found = Identify(machine);

        Assert.That(found.UtilizationBlocks, Is.EqualTo(blocks));
        Assert.That(found.Features & ThinProvisioning, Is.EqualTo(ThinProvisioning));
        Assert.That((found.SizeBlocks, found.CapacityBlocks), Is.EqualTo((2048ul, 2048ul)));
    }

    [Test]
    public void A_disk_that_does_not_know_is_used_as_a_whole()
    {
        using var machine = new TestMachine();
        machine.AddDisk(new ThinDisk(), 1);
        machine.AddRamDisk(2);
        machine.Driver.Enable();

        IdentifyNamespaceData found = Identify(machine);
        Assert.That((found.UtilizationBlocks, found.Features & ThinProvisioning), Is.EqualTo((2048ul, 0)));
        found = Identify(machine, 2);
        Assert.That((found.UtilizationBlocks, found.Features & ThinProvisioning), Is.EqualTo((found.SizeBlocks, 0)));
    }

    [Test]
    public void A_file_is_used_as_far_as_it_is_written_and_less_when_that_is_deallocated()
    {
        string path = Path.Combine(Path.GetTempPath(), $"nvmedb-thin-{Guid.NewGuid():N}");
        try
        {
            using var machine = new TestMachine();
            var disk = FileDisk.Create(path, 64 << 20);
            machine.AddDisk(new FaultyDisk(disk, new DiskFaultPlan()), 1);
            machine.Driver.Enable();
            Assert.That(disk.AllocatedBytes is not null, Is.EqualTo(OperatingSystem.IsLinux()), "who tells");
            if (disk.AllocatedBytes is null)
                return;
            DriverQueuePair pair = machine.Driver.CreateQueuePair(1);
            ulong pages = machine.Driver.AllocatePages(17);
            ulong empty = Identify(machine).UtilizationBlocks;
            Assert.That(empty, Is.LessThan(2048));

            // A list of 16 pages at the end of the data.
            for (ulong page = 1; page < 16; page++)
                machine.Memory.TryWrite(pages + (16 * 4096) + (8 * (page - 1)), BitConverter.GetBytes(pages + (4096 * page)));
            for (ulong lba = 0; lba < 16384; lba += 128)
            {
                Assert.That(
                    ControllerDriver.Transfer(pair, IoOpcode.Write, 1, lba, 128, pages, pages + (16 * 4096)),
                    Is.EqualTo(StatusCode.Success));
            }
            pair.Execute(IoEntries.Flush(0)); // what is not yet placed is counted late
            ulong full = Identify(machine).UtilizationBlocks;
            Assert.That(full, Is.GreaterThanOrEqualTo(16384).And.LessThan(65536));

            machine.Memory.TryWrite(pages, IoEntries.Range(0, 16384));
            Assert.That(pair.Execute(IoEntries.Deallocate(0, pages, 1)).Status, Is.EqualTo(StatusCode.Success));
            Assert.That(Identify(machine).UtilizationBlocks, Is.LessThan(full));
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Test]
    public void A_file_disk_that_has_been_disposed_says_nothing()
    {
        string path = Path.Combine(Path.GetTempPath(), $"nvmedb-thin-{Guid.NewGuid():N}");
        try
        {
            FileDisk disk = FileDisk.Create(path, 4096);
            disk.Dispose();
            Assert.That(disk.AllocatedBytes, Is.Null);
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static IdentifyNamespaceData Identify(TestMachine machine, uint nsid = 1) =>
        new(machine.Driver.Identify(IdentifyCns.Namespace, nsid));

    private sealed class ThinDisk : IThinDisk
    {
        public ulong? AllocatedBytes { get; init; }

        public int BlockBytes => 512;

        public ulong LengthBytes => 1 << 20;

        public bool IsReadOnly => false;

        public DiskStatus Submit(DiskRequest request) => DiskStatus.Success;

        public void Dispose()
        {
        }
    }
}
