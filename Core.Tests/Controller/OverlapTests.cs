using NvmeDoorbell.Spec;
using NvmeDoorbell.Tests.Drivers;

namespace NvmeDoorbell.Tests.Controller;

/// <summary>Data buffers where the guest keeps something else: its loss, and nobody else's.</summary>
internal sealed class OverlapTests
{
    private enum Place
    {
        SubmissionQueue,
        CompletionQueue,
        AdminSubmissionQueue,
        AdminCompletionQueue,
        ShadowPage,
        EventIdxPage,
    }

    [Test]
    public void Edge32_Data_over_a_queue_or_a_shadow_page_is_the_guests_loss_alone(
        [Values] bool isAdmin,
        [Values(0, 1, 2, 3, 4, 5)] int where,
        [Values(0x00, 0xFF, 0xA5)] int filling)
    {
        using var machine = new TestMachine();
        uint nsid = machine.AddRamDisk();
        ControllerDriver driver = machine.Driver;
        driver.Enable();
        DriverQueuePair pair = driver.CreateQueuePair(1);
        ulong pages = driver.AllocatePages(3);
        machine.Memory.TryWrite(pages + 8192, Enumerable.Repeat((byte)filling, 4096).ToArray());
        ControllerDriver.Transfer(pair, IoOpcode.Write, nsid, 0, 8, pages + 8192);
        driver.Execute(new SubmissionEntry
        {
            Opcode = (byte)AdminOpcode.DoorbellBufferConfig,
            Prp1 = pages,
            Prp2 = pages + 4096,
        });
        ulong target = (Place)where switch
        {
            Place.SubmissionQueue => pair.SubmissionAddress,
            Place.CompletionQueue => pair.CompletionAddress,
            Place.AdminSubmissionQueue => driver.Admin.SubmissionAddress,
            Place.AdminCompletionQueue => driver.Admin.CompletionAddress,
            Place.ShadowPage => pages,
            _ => pages + 4096,
        };

        if (isAdmin)
        {
            driver.Admin.Submit(new SubmissionEntry
            {
                Opcode = (byte)AdminOpcode.Identify,
                Cdw10 = (uint)IdentifyCns.Controller,
                Prp1 = target,
            });
        }
        else
        {
            for (int count = 0; count < 8; count++)
                pair.Put(ControllerDriver.BlockEntry(IoOpcode.Read, nsid, 0, 8, target));
            pair.RingTail();
        }

        // Whatever has become of the commands: a reset finds a controller that works.
        driver.Write32(RegisterOffset.ControllerConfiguration, 0);
        Wait.Until(() => driver.Status.Value == 0, "the end of the reset");
        driver.Enable();
        pair = driver.CreateQueuePair(1);
        ulong found = driver.AllocatePages(1);
        Assert.That(
            ControllerDriver.Transfer(pair, IoOpcode.Read, nsid, 0, 8, found), Is.EqualTo(StatusCode.Success));
        Assert.That(driver.ReadRam(found, 4096), Is.All.EqualTo(filling));
    }

    [Test]
    public void Edge32_Data_in_BAR_space_is_a_transfer_error()
    {
        using var machine = new TestMachine();
        uint nsid = machine.AddRamDisk();
        var pci = new PciDriver(machine.Function);
        pci.Write(0x10, 0xFEB0_0000);
        pci.EnableDevice();
        machine.Driver.Enable();
        DriverQueuePair pair = machine.Driver.CreateQueuePair(1);

        StatusCode read = ControllerDriver.Transfer(pair, IoOpcode.Read, nsid, 0, 8, machine.Function.Bar0Address);
        StatusCode doorbells = ControllerDriver.Transfer(
            pair, IoOpcode.Write, nsid, 0, 8, machine.Function.Bar0Address + RegisterOffset.Doorbells);

        Assert.That(read.WithoutFlags(), Is.EqualTo(StatusCode.DataTransferError));
        Assert.That(doorbells.WithoutFlags(), Is.EqualTo(StatusCode.DataTransferError));
    }
}
