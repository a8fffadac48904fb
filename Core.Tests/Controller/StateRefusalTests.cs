using System.Buffers;
using System.Buffers.Binary;
using System.Numerics;
using NvmeDoorbell.Controller;
using NvmeDoorbell.Pci;
using NvmeDoorbell.Spec;
using NvmeDoorbell.Storage;
using NvmeDoorbell.Tests.Drivers;

namespace NvmeDoorbell.Tests.Controller;

/// <summary>State that does not fit, is damaged or hostile is refused in words, and changes nothing.</summary>
public sealed class StateRefusalTests
{
    private const int HeaderBytes = 24;

    private static IEnumerable<TestCaseData> Others()
    {
        yield return Other("queue pairs", options => options with { MaxQueuePairs = 7 });
        yield return Other("entries of a queue", options => options with { MaxQueueEntries = 512 });
        yield return Other("interrupt vectors", options => options with { Vectors = 3 });
        yield return Other("stride exponent", options => options with { StrideExponent = 1 });
        yield return Other("largest transfer", options => options with { MaxTransferBytes = 1 << 16 });
        yield return Other("Doorbell Buffer Config", options => options with { ShadowDoorbells = false });
        yield return Other("NVM Subsystem Reset", options => options with { SubsystemReset = false });
        yield return Other("serial number", options => options with { Serial = "OTHER" });
        yield return Other("model number", options => options with { Model = "Other" });
        yield return Other("PCI vendor", options => options with { PciVendorId = 1 });
        yield return Other("PCI device", options => options with { PciDeviceId = 1 });
        yield return Other("PCI subsystem", options => options with { PciSubsystemId = 1 });
    }

    [TestCaseSource(nameof(Others))]
    public void A_controller_that_is_made_of_something_else_is_named(
        string what, Func<NvmeControllerOptions, NvmeControllerOptions> change)
    {
        using MovingMachine machine = Make();
        byte[] state = machine.Save();
        using PciFunction other = machine.MakeEmpty(change);
        Assert.That(() => other.Restore(state), Throws.TypeOf<InvalidDataException>().With.Message.Contains(what));
    }

    [Test]
    public void Namespaces_that_are_others_are_named()
    {
        using MovingMachine machine = Make();
        byte[] state = machine.Save();
        (uint Nsid, IDisk Disk, string Message)[] others =
        [
            (0, new RamDisk(4 << 20), "namespace 1 is missing"),
            (1, new RamDisk(2 << 20), "namespace 1 has"),
            (1, new RamDisk(4 << 20, 4096), "cannot have blocks of 512"),
            (1, new ManualDisk { LengthBytes = 4 << 20, IsReadOnly = true }, "is read-only here"),
            (9, new RamDisk(4 << 20), "there is a namespace 9"),
        ];
        foreach ((uint nsid, IDisk disk, string message) in others)
        {
            using PciFunction other = machine.MakeEmpty();
            using IDisk owned = disk;
            using var same = new RamDisk(4 << 20);
            if (nsid != 0)
                other.Controller.AddNamespace(nsid, disk);
            if (nsid == 9)
                other.Controller.AddNamespace(1, same);
            Assert.That(() => other.Restore(state), Throws.TypeOf<InvalidDataException>().With.Message.Contains(message));
        }
    }

    [Test]
    public void Another_version_other_bytes_and_a_wrong_checksum_are_told_apart()
    {
        using MovingMachine machine = Make();
        byte[] state = machine.Save();
        using PciFunction other = machine.MakeEmpty();
        byte[] version = [.. state];
        version[8]++;
        Assert.That(() => other.Restore(version), Throws.TypeOf<InvalidDataException>().With.Message.Contains("version 2"));
        Assert.That(() => other.Restore("No state of anything"u8), Throws.TypeOf<InvalidDataException>());
        byte[] flipped = [.. state];
        flipped[^1] ^= 1;
        Assert.That(() => other.Restore(flipped), Throws.TypeOf<InvalidDataException>().With.Message.Contains("checksum"));
        Assert.That(() => other.Restore([.. state, 0]), Throws.TypeOf<InvalidDataException>());
        for (int length = 0; length < state.Length; length++)
            Assert.That(() => other.Restore(state.AsSpan(0, length)), Throws.TypeOf<InvalidDataException>());
    }

    [Test]
    public void State_with_any_byte_changed_and_the_checksum_mended_is_refused_or_restored_and_never_worse()
    {
        using MovingMachine machine = Make();
        byte[] state = machine.Save();
        int refused = 0;
        for (int offset = HeaderBytes; offset < state.Length; offset++)
        {
            if (offset % 16 != 0 && !state.AsSpan(offset - 8, Math.Min(16, state.Length - offset + 8)).ContainsAnyExcept((byte)0))
                continue; // in the middle of nothing
            using PciFunction other = machine.MakeEmpty();
            using var disk = new RamDisk(4 << 20);
            other.Controller.AddNamespace(1, disk);
            foreach (byte change in (byte[])[0x01, 0x80, 0xFF])
            {
                byte[] changed = [.. state];
                changed[offset] ^= change;
                Mend(changed);
                try
                {
                    other.Restore(changed);
                    break; // it is restored now, and takes no other state
                }
                catch (InvalidDataException)
                {
                    refused++;
                    Assert.That(other.ReadBar0(RegisterOffset.ControllerConfiguration, 4), Is.Zero, $"byte {offset}");
                }
            }
        }
        Assert.That(refused, Is.GreaterThan(500));
    }

    [Test]
    public void State_shortened_within_its_sections_is_refused()
    {
        using MovingMachine machine = Make();
        byte[] state = machine.Save();
        using PciFunction other = machine.MakeEmpty();
        using var disk = new RamDisk(4 << 20);
        other.Controller.AddNamespace(1, disk);
        for (int length = HeaderBytes; length < state.Length; length++)
        {
            byte[] shorter = state[..length];
            BinaryPrimitives.WriteUInt64LittleEndian(shorter.AsSpan(16), (ulong)(length - HeaderBytes));
            Mend(shorter);
            Assert.That(() => other.Restore(shorter), Throws.TypeOf<InvalidDataException>(), $"length {length}");
        }
        other.Restore(state); // none of that has changed anything
    }

    [Test]
    public void What_is_done_at_the_wrong_time_is_refused()
    {
        using MovingMachine machine = Make();
        var bytes = new ArrayBufferWriter<byte>();
        Assert.That(() => machine.Function.Save(bytes), Throws.InvalidOperationException, "it runs");
        byte[] state = machine.Save();
        Assert.That(() => machine.Function.Restore(state), Throws.InvalidOperationException, "it is enabled");
        machine.Controller.Resume();
        Assert.That(machine.Driver.Status.Ready, Is.True);
        machine.Driver.Execute(MoveTests.Identify(machine.Driver.AllocatePages(1)));
        PciFunction gone = machine.MakeEmpty();
        gone.Dispose();
        Assert.That(() => gone.Restore(state), Throws.TypeOf<ObjectDisposedException>());
        Assert.That(() => gone.Save(bytes), Throws.TypeOf<ObjectDisposedException>());
        using PciFunction other = machine.MakeEmpty();
        Assert.That(
            () => other.Controller.Restore(state), Throws.TypeOf<InvalidDataException>().With.Message.Contains("PCI function"));
        Assert.That(other.Controller.IsPaused, Is.False);
    }

    [Test]
    public void A_controller_of_a_shared_subsystem_is_saved_when_all_are_paused()
    {
        using var shared = new SharedMachine();
        shared.ShareRamDisk();
        var bytes = new ArrayBufferWriter<byte>();
        shared.Controller(0).Pause();
        Assert.That(
            () => shared.Controller(0).Save(bytes), Throws.InvalidOperationException.With.Message.Contains("Another"));
        shared.Controller(1).Pause();
        Assert.That(() => shared.Controller(0).Save(bytes), Throws.Nothing);
        Assert.That(bytes.WrittenCount, Is.GreaterThan(HeaderBytes));
    }

    private static TestCaseData Other(string what, Func<NvmeControllerOptions, NvmeControllerOptions> change) =>
        new TestCaseData(what, change).SetName($"{{m}}({what})");

    /// <summary>A machine with something in every section.</summary>
    private static MovingMachine Make()
    {
        var machine = new MovingMachine();
        machine.AddRamDisk(1);
        machine.Pci.EnableDevice();
        machine.Pci.SetMsix(true);
        machine.Driver.Enable();
        Assert.That(new ShadowPages(machine.Driver).Configure(), Is.EqualTo(StatusCode.Success));
        var host = new ReservationDriver(machine.Driver, 1, hostId: 7);
        host.Register(0x77);
        host.Acquire(ReservationType.WriteExclusive, 0x77);
        host.Pair.Execute(IoEntries.WriteUncorrectable(0, 5, 2));
        machine.Driver.Admin.Submit(Events.Request);
        machine.Driver.Execute(
            new SubmissionEntry { Opcode = (byte)AdminOpcode.DeviceSelfTest, NamespaceId = 1, Cdw10 = 1 });
        return machine;
    }

    /// <summary>Puts the right checksum in.</summary>
    private static void Mend(byte[] state)
    {
        uint crc = uint.MaxValue;
        foreach (byte each in state.AsSpan(16))
            crc = BitOperations.Crc32C(crc, each);
        BinaryPrimitives.WriteUInt32LittleEndian(state.AsSpan(12), ~crc);
    }
}
