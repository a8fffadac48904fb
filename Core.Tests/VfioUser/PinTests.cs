using System.Buffers.Binary;
using NvmeDoorbell.Spec;
using NvmeDoorbell.Tests.Drivers;

namespace NvmeDoorbell.Tests.VfioUser;

/// <summary>INTx: a level that travels by eventfds, with a client between it and the guest's pin.</summary>
public sealed class PinTests
{
    private const uint Intx = 0;
    private const uint Configuration = 7;

    [Test]
    public void The_pin_is_signalled_once_and_again_after_an_unmask_only_while_completions_are_unseen()
    {
        using ServerFixture server = new(reactors: 2);
        using ClientMachine machine = new(server.Path);
        using TestEvent pin = new();
        machine.SetEvent(Intx, 0, pin);
        machine.Driver.Enable();
        DriverQueuePair admin = machine.Driver.Admin;
        for (int round = 0; round < 200; round++)
        {
            ushort command = admin.Submit(Identify(machine.Driver));
            pin.Await("the interrupt");
            Unmask(machine.Client);
            pin.Await("the interrupt again: the completion is still unseen");
            admin.WaitFor(command); // rings the head
            Unmask(machine.Client);
            // A level that were signalled after its end would have masked the line again in the same step.
            Wait.Until(() => server.Server.Look(static device => !device!.Interrupts.Intx.IsMasked), "the line to be unmasked and quiet");
            Assert.That(pin.Take(), Is.Zero);
        }
    }

    [Test]
    public void A_signal_of_the_pin_that_nobody_has_seen_is_withdrawn_when_its_level_ends()
    {
        using ServerFixture server = new();
        using ClientMachine machine = new(server.Path);
        using TestEvent pin = new();
        machine.SetEvent(Intx, 0, pin);
        machine.Driver.Enable();
        for (int round = 0; round < 50; round++)
        {
            machine.Driver.Admin.WaitFor(machine.Driver.Admin.Submit(Identify(machine.Driver))); // rings the head
            Wait.Until(() => server.Server.Look(static device => !device!.Interrupts.Intx.IsMasked), "the line to be as if it had not signalled");
        }
        Assert.That(pin.Take(), Is.Zero);
    }

    [Test]
    public void The_pin_is_unmasked_by_an_eventfd_as_well()
    {
        using ServerFixture server = new();
        using ClientMachine machine = new(server.Path);
        using TestEvent pin = new(), unmask = new(), masked = new();
        machine.SetEvent(Intx, 0, pin);
        machine.Client.Ask(VfioClient.SetIrqs, VfioClient.IrqPayload(0x14, Intx, 0, 1), unmask.Number);
        machine.Client.Ask(VfioClient.SetIrqs, VfioClient.IrqPayload(0x0C, Intx, 0, 1), masked.Number);
        machine.Driver.Enable();
        machine.Driver.Admin.Submit(Identify(machine.Driver));
        pin.Await("the interrupt");
        masked.Await("the word that it has masked itself");
        unmask.Add(1);
        pin.Await("the interrupt again");
    }

    [Test]
    public void A_client_that_has_taken_a_signal_when_its_level_ends_is_brought_to_access_the_device()
    {
        const uint Bar0 = 0xFE00_0000;
        using ServerFixture server = new();
        using ClientMachine machine = new(server.Path);
        using TestEvent pin = new();
        VfioClient client = machine.Client;
        // A ROM: memory that only the client can read.
        client.Ask(VfioClient.DmaMap, VfioClient.MapPayload(ClientMachine.RamBytes, 4096, flags: 1));
        client.Ask(VfioClient.RegionWrite, VfioClient.WritePayload(Configuration, 0x10, VfioClient.U32(Bar0)));
        client.Ask(VfioClient.RegionWrite, VfioClient.WritePayload(Configuration, 0x04, VfioClient.U16(6))); // memory, bus master
        long accesses = 0;
        client.OnServerCommand = (command, payload) =>
        {
            Assert.That(command, Is.EqualTo(VfioClient.DmaRead));
            Assert.That(BinaryPrimitives.ReadUInt64LittleEndian(payload), Is.EqualTo(Bar0 + 8), "the Version register");
            Assert.That(BinaryPrimitives.ReadUInt64LittleEndian(payload.AsSpan(8)), Is.EqualTo(4));
            Interlocked.Increment(ref accesses);
            return null;
        };
        client.ServeInBackground();
        machine.SetEvent(Intx, 0, pin);
        machine.Driver.Enable();
        for (int round = 1; round <= 20; round++)
        {
            ushort command = machine.Driver.Admin.Submit(Identify(machine.Driver));
            pin.Await("the interrupt");
            machine.Driver.Admin.WaitFor(command); // rings the head
            Wait.Until(() => Interlocked.Read(ref accesses) == round, "the request to access the device");
            Unmask(client);
            Wait.Until(() => server.Server.Look(static device => !device!.Interrupts.Intx.IsMasked), "the line to be unmasked and quiet");
        }
        Assert.That(pin.Take(), Is.Zero);
    }

    private static void Unmask(VfioClient client) =>
        client.Ask(VfioClient.SetIrqs, VfioClient.IrqPayload(0x11, Intx, 0, 1));

    private static SubmissionEntry Identify(ControllerDriver driver) => new()
    {
        Opcode = (byte)AdminOpcode.Identify,
        Prp1 = driver.AllocatePages(1),
        Cdw10 = (uint)IdentifyCns.Controller,
    };
}
