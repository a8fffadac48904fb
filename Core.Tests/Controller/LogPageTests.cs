using System.Text;
using NvmeDoorbell.Spec;
using NvmeDoorbell.Tests.Drivers;

namespace NvmeDoorbell.Tests.Controller;

/// <summary>Get Log Page, asynchronous events of namespaces, and Abort.</summary>
internal sealed class LogPageTests
{
    private TestMachine _machine = null!;

    private ControllerDriver Driver => _machine.Driver;

    [SetUp]
    public void SetUp()
    {
        _machine = new TestMachine();
        _machine.AddRamDisk(1);
        Driver.Enable();
    }

    [TearDown]
    public void TearDown() => _machine.Dispose();

    [Test]
    public void Supported_pages_are_those_that_can_be_read()
    {
        byte[] supported = Events.ReadLogPage(Driver, LogPageId.SupportedLogPages, 1024);
        ulong page = Driver.AllocatePages(1);
        for (int identifier = 0; identifier < 256; identifier++)
        {
            StatusCode status = Driver.Execute(Events.GetLogPage((LogPageId)identifier, 64, page)).Status;
            Assert.That(status.IsSuccess(), Is.EqualTo((supported[identifier * 4] & 1) != 0), $"log page {identifier:X2}h");
        }
    }

    [Test]
    public void Smart_counts_what_was_read_and_written()
    {
        DriverQueuePair pair = Driver.CreateQueuePair(1);
        ulong page = Driver.AllocatePages(1);
        for (int count = 0; count < 3; count++)
            ControllerDriver.Transfer(pair, IoOpcode.Write, 1, 0, 8, page);
        ControllerDriver.Transfer(pair, IoOpcode.Read, 1, 0, 8, page);
        Driver.Delete(AdminOpcode.DeleteIoSubmissionQueue, 1);
        Driver.Delete(AdminOpcode.DeleteIoCompletionQueue, 1);

        byte[] smart = Events.ReadLogPage(Driver, LogPageId.Smart, 512);

        Assert.That(BitConverter.ToUInt64(smart, 32), Is.EqualTo(1), "data units read, rounded up");
        Assert.That(BitConverter.ToUInt64(smart, 48), Is.EqualTo(1), "data units written, rounded up");
        Assert.That(BitConverter.ToUInt64(smart, 64), Is.EqualTo(1), "reads");
        Assert.That(BitConverter.ToUInt64(smart, 80), Is.EqualTo(3), "writes");
        Assert.That(smart[0], Is.Zero);
    }

    [Test]
    public void An_IO_error_gets_an_entry_with_its_block()
    {
        DriverQueuePair pair = Driver.CreateQueuePair(1);
        ulong page = Driver.AllocatePages(1);
        ushort commandId = pair.Submit(ControllerDriver.BlockEntry(IoOpcode.Read, 1, 1 << 20, 8, page));
        CompletionEntry completion = pair.WaitFor(commandId);

        byte[] log = Events.ReadLogPage(Driver, LogPageId.ErrorInformation, 64);

        Assert.That(completion.Status.WithoutFlags(), Is.EqualTo(StatusCode.LbaOutOfRange));
        Assert.That(BitConverter.ToUInt16(log, 8), Is.EqualTo(1));
        Assert.That(BitConverter.ToUInt16(log, 10), Is.EqualTo(commandId));
        Assert.That(BitConverter.ToUInt64(log, 16), Is.EqualTo(1 << 20));
        Assert.That(BitConverter.ToUInt32(log, 24), Is.EqualTo(1));
        Assert.That((log[31], log[63]), Is.EqualTo(((byte)IoOpcode.Read, (byte)1)));
    }

    [TestCase(0xC0u, 0u, 0u, 0x0000, TestName = "Location_of_an_unknown_opcode")]
    [TestCase(0x0Au, 0x7Eu, 0u, 0x0028, TestName = "Location_of_an_unknown_feature")]
    [TestCase(0x0Au, 0x402u, 0u, 0x0029, TestName = "Location_of_an_unknown_select")]
    [TestCase(0x09u, 0x8000_0006u, 0u, 0x072B, TestName = "Location_of_Save")]
    [TestCase(0x02u, 0x7Eu, 0u, 0x0028, TestName = "Location_of_an_unknown_log_page")]
    [TestCase(0x05u, 0x000F_0000u, 3u, 0x0028, TestName = "Location_of_queue_identifier_0")]
    [TestCase(0x05u, 0x0000_0001u, 3u, 0x002A, TestName = "Location_of_a_queue_of_one_entry")]
    [TestCase(0x05u, 0x000F_0001u, 2u, 0x002C, TestName = "Location_of_a_queue_that_is_not_contiguous")]
    [TestCase(0x01u, 0x000F_0001u, 0x0007_0001u, 0x002E, TestName = "Location_of_a_missing_completion_queue")]
    public void An_admin_error_has_its_opcode_and_the_place_of_the_field(uint opcode, uint cdw10, uint cdw11, int location)
    {
        Driver.Execute(new SubmissionEntry { Opcode = (byte)opcode, Cdw10 = cdw10, Cdw11 = cdw11 });

        byte[] log = Events.ReadLogPage(Driver, LogPageId.ErrorInformation, 64);

        Assert.That(BitConverter.ToUInt16(log, 14), Is.EqualTo(location));
        Assert.That((log[31], log[63]), Is.EqualTo(((byte)opcode, (byte)1)));
    }

    [Test]
    public void Feature_effects_name_the_features_that_work()
    {
        byte[] effects = Events.ReadLogPage(Driver, LogPageId.FeaturesSupportedAndEffects, 1024);
        for (uint feature = 0; feature < 256; feature++)
        {
            StatusCode status = Driver.Execute(new SubmissionEntry
            {
                Opcode = (byte)AdminOpcode.GetFeatures,
                NamespaceId = 1,
                Cdw10 = (uint)FeatureSelect.SupportedCapabilities << 8 | feature,
            }).Status;
            Assert.That(status.IsSuccess(), Is.EqualTo((effects[feature * 4] & 1) != 0), $"feature {feature:X2}h");
        }
    }

    [Test]
    public void A_page_is_read_in_parts_by_offset()
    {
        byte[] whole = Events.ReadLogPage(Driver, LogPageId.FirmwareSlot, 512);
        byte[] part = Events.ReadLogPage(Driver, LogPageId.FirmwareSlot, 8, offset: 8);

        Assert.That(part, Is.EqualTo(whole[8..16]));
        Assert.That(Encoding.ASCII.GetString(part).TrimEnd(), Is.EqualTo("1.0"));
    }

    [Test]
    public void Effects_name_the_commands_that_work()
    {
        byte[] effects = Events.ReadLogPage(Driver, LogPageId.CommandsSupportedAndEffects, 4096);

        Assert.That(effects[(int)AdminOpcode.Identify * 4] & 1, Is.EqualTo(1));
        Assert.That(effects[(int)AdminOpcode.FirmwareCommit * 4] & 1, Is.Zero);
        Assert.That(effects[1024 + (int)IoOpcode.Write * 4], Is.EqualTo(3));
    }

    [Test]
    public void Edge37_A_namespace_added_or_removed_is_told_once_until_the_list_is_read()
    {
        Driver.Execute(new SubmissionEntry
        {
            Opcode = (byte)AdminOpcode.SetFeatures,
            Cdw10 = (uint)FeatureId.AsynchronousEventConfiguration,
            Cdw11 = (uint)AsynchronousEventConfiguration.NamespaceAttribute,
        });
        ushort first = Driver.Admin.Submit(Events.Request);
        ushort second = Driver.Admin.Submit(Events.Request);

        _machine.AddRamDisk(7);
        Assert.That(
            AsynchronousEvent.FromDword0(Driver.Admin.WaitFor(first).Result),
            Is.EqualTo(AsynchronousEvent.NamespaceAttributeChanged));
        _machine.Controller.RemoveNamespace(1);
        byte[] retained = Events.ReadLogPage(Driver, LogPageId.ChangedNamespaces, 4096, retain: true);
        Assert.That(Driver.Admin.HasCompleted(second), Is.False);
        byte[] list = Events.ReadLogPage(Driver, LogPageId.ChangedNamespaces, 4096);

        Assert.That(BitConverter.ToUInt32(list), Is.EqualTo(1));
        Assert.That(BitConverter.ToUInt32(list, 4), Is.EqualTo(7));
        Assert.That(BitConverter.ToUInt32(list, 8), Is.Zero);
        Assert.That(retained, Is.EqualTo(list));
        _machine.AddRamDisk(1);
        Assert.That(Driver.Admin.WaitFor(second).Status, Is.EqualTo(StatusCode.Success));
        Assert.That(Driver.Identify(IdentifyCns.ActiveNamespaceList)[4], Is.EqualTo(7));
    }

    [Test]
    public void Edge37_Commands_after_removal_get_Invalid_Namespace()
    {
        DriverQueuePair pair = Driver.CreateQueuePair(1);
        ulong page = Driver.AllocatePages(1);
        Assert.That(_machine.Controller.RemoveNamespace(1), Is.True);
        Assert.That(_machine.Controller.RemoveNamespace(1), Is.False);

        Assert.That(
            ControllerDriver.Transfer(pair, IoOpcode.Read, 1, 0, 8, page).WithoutFlags(),
            Is.EqualTo(StatusCode.InvalidNamespaceOrFormat));
    }

    [Test]
    public void Edge35_Requests_up_to_the_limit_then_Limit_Exceeded()
    {
        int limit = new IdentifyControllerData(Driver.Identify(IdentifyCns.Controller)).AsynchronousEventRequestLimit + 1;
        for (int count = 0; count < limit; count++)
            Driver.Admin.Submit(Events.Request);

        Assert.That(Driver.Execute(Events.Request).Status.WithoutFlags(),
            Is.EqualTo(StatusCode.AsynchronousEventRequestLimitExceeded));
    }

    [Test]
    public void Abort_ends_a_parked_event_request_and_says_so()
    {
        ushort request = Driver.Admin.Submit(Events.Request);
        var abort = new SubmissionEntry { Opcode = (byte)AdminOpcode.Abort, Cdw10 = (uint)request << 16 };

        Assert.That(Driver.Execute(abort).Result, Is.Zero);
        Assert.That(Driver.Admin.WaitFor(request).Status.WithoutFlags(), Is.EqualTo(StatusCode.AbortRequested));
        Assert.That(Driver.Execute(abort).Result, Is.EqualTo(1), "there is nothing left to abort");
    }

    [Test]
    public void Identify_into_a_buffer_at_an_offset_goes_on_in_the_second_page()
    {
        ulong pages = Driver.AllocatePages(3);

        Assert.That(
            Driver.Identify(IdentifyCns.Controller, 0, pages + 0xF00, pages + 0x2000).Status,
            Is.EqualTo(StatusCode.Success));

        byte[] expected = Driver.Identify(IdentifyCns.Controller);
        Assert.That(Driver.ReadRam(pages + 0xF00, 0x100), Is.EqualTo(expected[..0x100]));
        Assert.That(Driver.ReadRam(pages + 0x2000, 0xF00), Is.EqualTo(expected[0x100..]));
        Assert.That(Driver.ReadRam(pages + 0x1000, 0x1000), Is.All.Zero);
    }
}
