using NvmeDoorbell.Spec;
using NvmeDoorbell.Tests.Drivers;

namespace NvmeDoorbell.Tests.Controller;

/// <summary>The way of a driver from reset to data, through BAR0 and guest RAM alone.</summary>
internal sealed class EndToEndTests
{
    [Test]
    public void What_is_written_through_BAR0_is_read_back()
    {
        using var machine = new TestMachine();
        uint nsid = machine.AddRamDisk();
        ControllerDriver driver = machine.Driver;
        driver.Enable();
        DriverQueuePair pair = driver.CreateQueuePair(1);
        ulong source = driver.AllocatePages(1);
        ulong target = driver.AllocatePages(1);
        byte[] pattern = [.. Enumerable.Range(0, 4096).Select(index => (byte)(index * 7 + 1))];
        machine.Memory.TryWrite(source, pattern);

        Assert.That(ControllerDriver.Transfer(pair, IoOpcode.Write, nsid, 16, 8, source), Is.EqualTo(StatusCode.Success));
        Assert.That(ControllerDriver.Transfer(pair, IoOpcode.Read, nsid, 16, 8, target), Is.EqualTo(StatusCode.Success));

        Assert.That(driver.ReadRam(target, 4096), Is.EqualTo(pattern));
    }

    [Test]
    public void Identify_tells_of_the_controller_and_its_namespaces()
    {
        using var machine = new TestMachine(options => options with { Serial = "S1", Model = "M2" });
        machine.AddRamDisk(3, 4096);
        ControllerDriver driver = machine.Driver;
        driver.Enable();

        var controller = new IdentifyControllerData(driver.Identify(IdentifyCns.Controller));
        var space = new IdentifyNamespaceData(driver.Identify(IdentifyCns.Namespace, 3));

        Assert.That(controller.SerialNumber, Is.EqualTo("S1"));
        Assert.That(controller.ModelNumber, Is.EqualTo("M2"));
        Assert.That(controller.Version, Is.EqualTo(NvmeVersion.V20));
        Assert.That(controller.NumberOfNamespaces, Is.EqualTo(1024));
        Assert.That(space.SizeBlocks, Is.EqualTo(1024));
        Assert.That(space.GetLbaFormat(space.FormattedLbaSize & 0xF).DataSize, Is.EqualTo(12));
        Assert.That(BitConverter.ToUInt32(driver.Identify(IdentifyCns.ActiveNamespaceList)), Is.EqualTo(3));
    }

    [Test]
    public void Many_queue_pairs_on_two_reactors_keep_their_data_apart()
    {
        using var machine = new TestMachine(reactors: 2);
        uint nsid = machine.AddRamDisk();
        ControllerDriver driver = machine.Driver;
        driver.Enable();
        DriverQueuePair[] pairs = [.. Enumerable.Range(1, 8).Select(id => driver.CreateQueuePair(id, entries: 8))];
        ulong[] pages = [.. pairs.Select(_ => driver.AllocatePages(1))];

        for (int round = 0; round < 20; round++)
        {
            for (int index = 0; index < pairs.Length; index++)
            {
                var bytes = new byte[4096];
                Array.Fill(bytes, (byte)(round * 16 + index));
                machine.Memory.TryWrite(pages[index], bytes);
                ulong lba = (ulong)(index * 8);
                Assert.That(ControllerDriver.Transfer(pairs[index], IoOpcode.Write, nsid, lba, 8, pages[index]),
                    Is.EqualTo(StatusCode.Success));
            }
            for (int index = 0; index < pairs.Length; index++)
            {
                ulong lba = (ulong)(index * 8);
                Assert.That(ControllerDriver.Transfer(pairs[^(index + 1)], IoOpcode.Read, nsid, lba, 8, pages[index]),
                    Is.EqualTo(StatusCode.Success));
                Assert.That(driver.ReadRam(pages[index], 4096), Is.All.EqualTo((byte)(round * 16 + index)));
            }
        }
        Assert.That(machine.Controller.GetStatistics().Commands, Is.EqualTo(320));
    }
}
