using NvmeDoorbell.Spec;
using NvmeDoorbell.Tests.Drivers;

namespace NvmeDoorbell.Tests.Controller;

/// <summary>Doorbell Buffer Config, from the side of a guest that uses it.</summary>
internal sealed class ShadowDoorbellTests
{
    [Test]
    public void Edge15_Queues_made_before_and_after_work_by_shadow_values()
    {
        using var machine = new TestMachine();
        uint nsid = machine.AddRamDisk();
        ControllerDriver driver = machine.Driver;
        driver.Enable();
        DriverQueuePair before = driver.CreateQueuePair(1);
        var shadow = new ShadowPages(driver);
        Assert.That(shadow.Configure(), Is.EqualTo(StatusCode.Success));
        DriverQueuePair after = driver.CreateQueuePair(2);
        ulong page = driver.AllocatePages(1);

        for (int round = 0; round < 100; round++)
        {
            foreach (DriverQueuePair pair in new[] { before, after })
            {
                ushort commandId = pair.Put(ControllerDriver.BlockEntry(IoOpcode.Write, nsid, 0, 8, page));
                shadow.Ring(pair.TailDoorbell, pair.Tail);
                Assert.That(pair.WaitFor(commandId).Status, Is.EqualTo(StatusCode.Success));
            }
            if (round == 50)
            {
                shadow = new ShadowPages(driver);
                Assert.That(shadow.Configure(), Is.EqualTo(StatusCode.Success));
            }
        }
    }

    [Test]
    public void Edge16_A_queue_created_again_starts_with_shadow_and_EventIdx_at_zero()
    {
        using var machine = new TestMachine();
        uint nsid = machine.AddRamDisk();
        ControllerDriver driver = machine.Driver;
        driver.Enable();
        var shadow = new ShadowPages(driver);
        shadow.Configure();
        ulong page = driver.AllocatePages(1);
        for (int round = 0; round < 5; round++)
        {
            DriverQueuePair pair = driver.CreateQueuePair(1);
            Assert.That(shadow.Value(pair.TailDoorbell), Is.Zero);
            for (int count = 0; count < 5; count++)
            {
                ushort commandId = pair.Put(ControllerDriver.BlockEntry(IoOpcode.Write, nsid, 0, 8, page));
                shadow.Ring(pair.TailDoorbell, pair.Tail);
                pair.WaitFor(commandId);
            }
            Assert.That(driver.Delete(AdminOpcode.DeleteIoSubmissionQueue, 1), Is.EqualTo(StatusCode.Success));
            Assert.That(driver.Delete(AdminOpcode.DeleteIoCompletionQueue, 1), Is.EqualTo(StatusCode.Success));
        }
    }

    [Test]
    public void Edge17_After_a_reset_the_guest_has_its_pages_back()
    {
        using var machine = new TestMachine();
        ControllerDriver driver = machine.Driver;
        driver.Enable();
        var shadow = new ShadowPages(driver);
        shadow.Configure();
        driver.CreateQueuePair(1);

        driver.Disable();
        shadow.Fill(0xA5);
        driver.Enable();
        driver.CreateQueuePair(1);
        driver.Identify(IdentifyCns.Controller);

        Assert.That(shadow.All(), Is.All.EqualTo(0xA5));
        Assert.That(machine.Controller.Doorbells.IsShadow, Is.False);
    }

    [Test]
    public void Edge19_The_admin_queue_works_by_register_and_by_shadow()
    {
        using var machine = new TestMachine();
        ControllerDriver driver = machine.Driver;
        driver.Enable();
        var shadow = new ShadowPages(driver);
        shadow.Configure();
        var command = new SubmissionEntry
        {
            Opcode = (byte)AdminOpcode.GetFeatures,
            Cdw10 = (uint)FeatureId.NumberOfQueues,
        };

        for (int round = 0; round < 50; round++)
        {
            Assert.That(driver.Execute(command).Status, Is.EqualTo(StatusCode.Success), "by register");
            ushort commandId = driver.Admin.Put(command);
            shadow.Ring(driver.Admin.TailDoorbell, driver.Admin.Tail);
            Assert.That(driver.Admin.WaitFor(commandId).Status, Is.EqualTo(StatusCode.Success), "by shadow");
        }
    }

    [Test]
    public void Edge09_A_register_write_that_comes_late_makes_no_queue_go_backwards()
    {
        using var machine = new TestMachine(options => options with { PostedDoorbells = true });
        new PciDriver(machine.Function).SetMsix(true);
        uint nsid = machine.AddRamDisk();
        ControllerDriver driver = machine.Driver;
        driver.Enable();
        var shadow = new ShadowPages(driver);
        Assert.That(shadow.Configure(), Is.EqualTo(StatusCode.Success));
        DriverQueuePair pair = driver.CreateQueuePair(1, entries: 16);
        ulong page = driver.AllocatePages(1);
        const int Commands = 40;
        for (int count = 1; count <= Commands; count++)
        {
            int late = pair.Tail;
            ushort commandId = pair.Put(ControllerDriver.BlockEntry(IoOpcode.Write, nsid, 0, 8, page));
            shadow.Ring(pair.TailDoorbell, pair.Tail, alwaysKick: true);
            driver.Write32(pair.TailDoorbell, (uint)late);
            Assert.That(pair.WaitFor(commandId).Status, Is.EqualTo(StatusCode.Success));
        }
        // The last one may not be counted yet.
        Assert.That(machine.Controller.GetStatistics().Commands, Is.AtMost(Commands));
    }

    [TestCase(false, false, true)]
    [TestCase(false, true, true)]
    [TestCase(true, false, false)]
    [TestCase(true, true, true)]
    public void Not_offered_where_only_a_doorbell_write_lets_the_pin_go(bool isPosted, bool hasMsix, bool isOffered)
    {
        using var machine = new TestMachine(options => options with { PostedDoorbells = isPosted });
        new PciDriver(machine.Function).SetMsix(hasMsix);
        ControllerDriver driver = machine.Driver;
        driver.Enable();
        var controller = new IdentifyControllerData(driver.Identify(IdentifyCns.Controller));

        Assert.That(
            controller.OptionalAdminCommands.HasFlag(OptionalAdminCommands.DoorbellBufferConfig), Is.EqualTo(isOffered));
        Assert.That(
            new ShadowPages(driver).Configure().WithoutFlags(),
            Is.EqualTo(isOffered ? StatusCode.Success : StatusCode.InvalidOpcode));
    }

    [Test]
    public void Edge01_A_false_value_in_the_shadow_page_is_reported_too()
    {
        using var machine = new TestMachine();
        ControllerDriver driver = machine.Driver;
        driver.Enable();
        DriverQueuePair pair = driver.CreateQueuePair(1, entries: 16);
        var shadow = new ShadowPages(driver);
        shadow.Configure();
        ushort request = driver.Admin.Submit(Events.Request);
        driver.Identify(IdentifyCns.Controller);

        shadow.Ring(pair.TailDoorbell, 900, alwaysKick: true);

        Assert.That(
            AsynchronousEvent.FromDword0(driver.Admin.WaitFor(request).Result),
            Is.EqualTo(AsynchronousEvent.InvalidDoorbellWriteValue));
    }

    [TestCase(255, 0, true)]
    [TestCase(511, 0, true)]
    [TestCase(512, 0, false)]
    [TestCase(63, 3, true)]
    [TestCase(64, 3, false)]
    public void Edge22_Offered_only_where_all_doorbells_fit_one_page(int pairs, int stride, bool isOffered)
    {
        using var machine = new TestMachine(options => options with { MaxQueuePairs = pairs, StrideExponent = stride });
        ControllerDriver driver = machine.Driver;
        driver.Enable();
        var controller = new IdentifyControllerData(driver.Identify(IdentifyCns.Controller));

        Assert.That(
            controller.OptionalAdminCommands.HasFlag(OptionalAdminCommands.DoorbellBufferConfig), Is.EqualTo(isOffered));
        Assert.That(
            new ShadowPages(driver).Configure().WithoutFlags(),
            Is.EqualTo(isOffered ? StatusCode.Success : StatusCode.InvalidOpcode));
    }
}
