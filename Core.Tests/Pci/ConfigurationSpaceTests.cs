using NvmeDoorbell.Tests.Drivers;

namespace NvmeDoorbell.Tests.Pci;

/// <summary>Configuration space as a bus driver reads it.</summary>
internal sealed class ConfigurationSpaceTests
{
    [Test]
    public void The_header_says_what_the_function_is()
    {
        using var machine = new TestMachine(options => options with
        {
            PciVendorId = 0x1234,
            PciDeviceId = 0x5678,
            PciSubsystemVendorId = 0x9ABC,
            PciSubsystemId = 0xDEF0,
        });
        var pci = new PciDriver(machine.Function);

        Assert.That(pci.Read(0), Is.EqualTo(0x5678_1234));
        Assert.That(pci.Read(8) >> 8, Is.EqualTo(0x01_08_02));
        Assert.That(pci.Read(0x0E, 1), Is.Zero, "header type 0, one function");
        Assert.That(pci.Read(0x2C), Is.EqualTo(0xDEF0_9ABC));
        Assert.That(pci.Read(0x3D, 1), Is.EqualTo(1), "INTA#");
        Assert.That(pci.Read(6, 2) & 0x10, Is.Not.Zero, "capabilities list");
    }

    [TestCase(1, 0)]
    [TestCase(8, 0)]
    [TestCase(64, 8)]
    [TestCase(4000, 0)]
    public void BAR0_is_sized_and_placed(int pairs, int stride)
    {
        using var machine = new TestMachine(options => options with { MaxQueuePairs = pairs, StrideExponent = stride });
        var pci = new PciDriver(machine.Function);
        pci.Write(0x10, uint.MaxValue);
        pci.Write(0x14, uint.MaxValue);

        Assert.That(pci.Read(0x10) & 0xF, Is.EqualTo(4), "64-bit memory");
        ulong mask = (ulong)pci.Read(0x14) << 32 | pci.Read(0x10) & ~0xFu;
        Assert.That(~mask + 1, Is.EqualTo(machine.Function.Bar0LengthBytes));
        Assert.That(ulong.IsPow2(machine.Function.Bar0LengthBytes));
        Assert.That(machine.Function.Bar0LengthBytes, Is.GreaterThanOrEqualTo(16 << 10), "the low 14 bits of BAR0 are fixed");

        pci.Write(0x10, 0xFFFF_0000);
        pci.Write(0x14, 0x12);
        Assert.That(machine.Function.Bar0Address, Is.EqualTo(0x12_FFFF_0000 & mask));
        for (uint bar = 0x18; bar < 0x28; bar += 4)
        {
            pci.Write(bar, uint.MaxValue);
            Assert.That(pci.Read(bar), Is.Zero);
        }
    }

    [Test]
    public void The_capabilities_are_power_management_MSIX_and_PCI_Express()
    {
        using var machine = new TestMachine();
        var pci = new PciDriver(machine.Function);

        Assert.That(
            pci.Capabilities().Select(capability => capability.Id),
            Is.EquivalentTo(new[] { PciDriver.PowerManagement, PciDriver.Msix, PciDriver.Express }));
        Assert.That(pci.Capabilities().Select(capability => capability.Offset % 4), Is.All.Zero);
        uint express = pci.Find(PciDriver.Express);
        Assert.That(pci.Read(express + 2, 2), Is.EqualTo(2), "version 2, endpoint");
        Assert.That(pci.Read(express + 4) >> 28 & 1, Is.EqualTo(1), "function level reset");
        Assert.That((pci.Read(pci.Find(PciDriver.Msix)) >> 16 & 0x7FF) + 1, Is.EqualTo(machine.Function.Vectors));
    }

    [Test]
    public void Errors_can_be_masked_and_stay_so_over_a_function_level_reset()
    {
        using var machine = new TestMachine();
        var pci = new PciDriver(machine.Function);
        Assert.That(pci.Read(0x100), Is.EqualTo(0x0002_0001), "Advanced Error Reporting, version 2, last in the list");
        Assert.That(pci.Read(0x104), Is.Zero, "no uncorrectable error");
        Assert.That(pci.Read(0x110), Is.Zero, "no correctable error");
        Assert.That(pci.Read(0x114), Is.EqualTo(0x2000), "Advisory Non-Fatal Error is masked after reset");

        pci.Write(0x104, uint.MaxValue);
        pci.Write(0x108, uint.MaxValue);
        pci.Write(0x10C, 0x10);
        pci.Write(0x114, 0);
        uint masked = pci.Read(0x108);
        pci.Write(0x3C, 0x0B, 1);
        pci.ResetFunction();

        Assert.That(masked & 0x10, Is.EqualTo(0x10), "Data Link Protocol Error can be masked");
        Assert.That(pci.Read(0x104), Is.Zero, "status is cleared by ones, not set");
        Assert.That(pci.Read(0x108), Is.EqualTo(masked));
        Assert.That(pci.Read(0x10C), Is.EqualTo(0x10));
        Assert.That(pci.Read(0x114), Is.Zero);
        Assert.That(pci.Read(0x3C, 1), Is.Zero, "what is not sticky is reset");
    }

    [Test]
    public void The_MSIX_table_and_the_pending_bits_lie_on_pages_of_their_own_behind_the_doorbells()
    {
        using var machine = new TestMachine(options => options with { MaxQueuePairs = 600, Vectors = 2048 });
        var pci = new PciDriver(machine.Function);
        ulong doorbellsEnd = 0x1000 + (ulong)machine.Controller.Doorbells.Count * 4;

        Assert.That(pci.Table % 4096, Is.Zero);
        Assert.That(pci.Pending % 4096, Is.Zero);
        Assert.That(pci.Table, Is.GreaterThanOrEqualTo(doorbellsEnd));
        Assert.That(pci.Pending, Is.GreaterThanOrEqualTo(pci.Table + 2048 * 16));
        Assert.That(machine.Function.Bar0LengthBytes, Is.GreaterThanOrEqualTo(pci.Pending + 2048 / 8));
    }

    [Test]
    public void Accesses_of_any_width_at_any_offset_do_no_harm()
    {
        using var machine = new TestMachine();
        var pci = new PciDriver(machine.Function);
        uint identifier = pci.Read(0);
        uint classCode = pci.Read(8);
        var random = new Random(1);
        foreach (int width in new[] { int.MinValue, -1, 0, 1, 2, 3, 4, 5, 8, int.MaxValue })
        {
            foreach (uint offset in new uint[] { 0, 1, 3, 4, 5, 0x33, 0x41, 0x52, 4093, 4095, 4096, uint.MaxValue })
            {
                pci.Read(offset, width);
                pci.Write(offset, (uint)random.Next(), width);
            }
        }

        Assert.That(pci.Read(0), Is.EqualTo(identifier));
        Assert.That(pci.Read(8), Is.EqualTo(classCode));
        Assert.That(pci.Read(4096), Is.EqualTo(uint.MaxValue));
        Assert.That(pci.Read(4094), Is.EqualTo(0xFFFF_0000), "what lies past the end reads as ones");
    }

    [Test]
    public void Command_bits_are_reported_to_the_embedder()
    {
        using var machine = new TestMachine();
        var pci = new PciDriver(machine.Function);
        Assert.That(machine.Function.IsMemorySpaceEnabled, Is.False);
        Assert.That(machine.Function.IsBusMaster, Is.False);

        pci.Write(4, 0xFFFF, 2);

        Assert.That(machine.Function.IsMemorySpaceEnabled, Is.True);
        Assert.That(machine.Function.IsBusMaster, Is.True);
        Assert.That(pci.Read(4, 2), Is.EqualTo(0x0546));
    }

    [Test]
    public void Power_states_are_D0_and_D3hot()
    {
        using var machine = new TestMachine();
        var pci = new PciDriver(machine.Function);
        uint control = pci.Find(PciDriver.PowerManagement) + 4;

        pci.Write(control, 3, 2);
        Assert.That(pci.Read(control, 2) & 3, Is.EqualTo(3));
        pci.Write(control, 1, 2);
        Assert.That(pci.Read(control, 2) & 3, Is.EqualTo(3), "D1 is not offered");
        pci.Write(control, 0, 2);
        Assert.That(pci.Read(control, 2) & 3, Is.Zero);
    }

    [Test]
    public void A_function_level_reset_resets_configuration_and_controller()
    {
        using var machine = new TestMachine();
        var pci = new PciDriver(machine.Function);
        pci.EnableDevice();
        pci.Write(0x10, 0xFE00_0000);
        pci.SetMsix(true);
        pci.SetVector(0, 0xFEE0_0000, 1);
        machine.Driver.Enable();

        pci.ResetFunction();
        Wait.Until(() => machine.Driver.Status.Value == 0, "the end of the reset");

        Assert.That(pci.Read(4, 2), Is.Zero);
        Assert.That(machine.Function.Bar0Address, Is.Zero);
        Assert.That(machine.Function.IsMsixEnabled, Is.False);
        Assert.That(machine.Function.GetMessage(0).Address, Is.Zero);
        Assert.That(pci.Read(pci.Find(PciDriver.Express) + 8, 2) & 0x8000, Is.Zero, "Initiate reads 0");
        machine.Driver.Enable();
        Assert.That(machine.Driver.Identify(NvmeDoorbell.Spec.IdentifyCns.Controller), Is.Not.Empty);
    }
}
