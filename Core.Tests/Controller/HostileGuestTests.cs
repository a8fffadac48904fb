using System.Runtime.InteropServices;
using NvmeDoorbell.Spec;
using NvmeDoorbell.Tests.Drivers;

namespace NvmeDoorbell.Tests.Controller;

/// <summary>Several processors of a guest write anything anywhere, at once; the host stays whole.</summary>
internal sealed class HostileGuestTests
{
    private const int Processors = 3;
    private const int Accesses = 50_000;

    [TestCase(1)]
    [TestCase(2)]
    public void Whatever_a_guest_writes_the_controller_can_be_brought_up_again(int reactors)
    {
        int seed = Seed.Next();
        TestContext.Out.WriteLine(Seed.Replay(seed));
        using var machine = new TestMachine(reactors: reactors);
        machine.AddRamDisk(1);
        machine.AddRamDisk(2, 4096);

        Thread[] threads = [.. Enumerable.Range(0, Processors).Select(index => new Thread(() =>
            BeHostile(machine, new Random(seed + index))))];
        Array.ForEach(threads, thread => thread.Start());
        for (int round = 0; round < 20; round++)
        {
            machine.Controller.RemoveNamespace(2);
            machine.AddRamDisk(2, 4096);
            machine.Controller.GetStatistics();
        }
        Array.ForEach(threads, thread => thread.Join());
        TestContext.Out.WriteLine(machine.Controller.GetStatistics());

        machine.Controller.Reset();
        machine.Driver.Enable();
        DriverQueuePair pair = machine.Driver.CreateQueuePair(1);
        ulong page = machine.Driver.AllocatePages(1);
        // A sanitize operation that the guest has begun goes on through every reset; it ends by itself.
        StatusCode status = StatusCode.SanitizeInProgress;
        Wait.Until(
            () => (status = ControllerDriver.Transfer(pair, IoOpcode.Write, 1, 0, 8, page)) != StatusCode.SanitizeInProgress,
            "the end of a sanitize operation");
        Assert.That(status, Is.EqualTo(StatusCode.Success), Seed.Replay(seed));
    }

    private static void BeHostile(TestMachine machine, Random random)
    {
        Reset(machine, random);
        for (int count = 0; count < Accesses; count++)
        {
            // Resets are rare, so that there is something to hit between them.
            if (random.Next(5_000) == 0)
                Reset(machine, random);
            switch (random.Next(16))
            {
                case 0:
                    machine.Function.WriteBar0(
                        (ulong)random.NextInt64((long)machine.Function.Bar0LengthBytes), random.Next(10), NextWord(random));
                    break;
                case 1:
                    machine.Function.ReadBar0(
                        (ulong)random.NextInt64((long)machine.Function.Bar0LengthBytes), random.Next(10));
                    break;
                case 2:
                    machine.Function.WriteConfig((uint)random.Next(0x60), 1 << random.Next(3), (uint)NextWord(random));
                    break;
                case 3 or 4 or 5:
                    Ring(machine, (uint)random.Next(2), (uint)random.Next(16));
                    break;
                case 6 or 7 or 8:
                    Ring(machine, (uint)random.Next(20), (uint)random.Next(18));
                    break;
                case 9 or 10 or 11:
                    Put(machine, 0x1000 + (ulong)random.Next(16) * 64, NextAdminEntry(random));
                    break;
                default:
                    Put(machine, 0x1_0000 + (ulong)random.Next(16 * 64) * 64, NextIoEntry(random));
                    break;
            }
        }
    }

    private static void Reset(TestMachine machine, Random random)
    {
        ControllerDriver driver = machine.Driver;
        switch (random.Next(4))
        {
            case 0:
                new PciDriver(machine.Function).ResetFunction();
                break;
            case 1:
                driver.Write32(RegisterOffset.ControllerConfiguration, (uint)random.NextInt64());
                break;
            default:
                driver.Write32(RegisterOffset.ControllerConfiguration, 0);
                break;
        }
        driver.Write32(RegisterOffset.AdminQueueAttributes, 0x000F_000F);
        driver.Write64(RegisterOffset.AdminSubmissionQueue, 0x1000);
        driver.Write64(RegisterOffset.AdminCompletionQueue, 0x2000);
        driver.Write32(
            RegisterOffset.ControllerConfiguration,
            ControllerDriver.DefaultConfiguration | (random.Next(8) == 0 ? 1u << 14 : 0));
    }

    private static void Ring(TestMachine machine, uint doorbellId, uint value) =>
        machine.Driver.Write32(RegisterOffset.Doorbells + doorbellId * 4, value);

    private static void Put(TestMachine machine, ulong address, SubmissionEntry entry) =>
        machine.Memory.TryWrite(address, MemoryMarshal.AsBytes(new ReadOnlySpan<SubmissionEntry>(in entry)));

    private static ulong NextWord(Random random) => random.Next(3) switch
    {
        0 => (ulong)random.NextInt64(),
        1 => (ulong)random.Next(20),
        _ => ulong.MaxValue,
    };

    private static ulong NextAddress(Random random) => random.Next(8) switch
    {
        0 => NextWord(random),
        1 => (ulong)random.Next(0x10_0000),
        _ => 0x1_0000 + (ulong)random.Next(16) * 0x1000,
    };

    private static SubmissionEntry NextAdminEntry(Random random)
    {
        byte[] opcodes = [0x00, 0x01, 0x01, 0x01, 0x02, 0x04, 0x05, 0x05, 0x05, 0x06, 0x08, 0x09, 0x0A, 0x0C, 0x7C, 0x7C];
        byte opcode = random.Next(20) == 0 ? (byte)random.Next(256) : opcodes[random.Next(opcodes.Length)];
        uint size = (uint)random.Next(18) << 16;
        return new SubmissionEntry
        {
            Cdw0 = opcode | (uint)random.Next(0x10000) << 16,
            NamespaceId = random.Next(4) == 0 ? (uint)NextWord(random) : (uint)random.Next(4),
            Prp1 = NextAddress(random),
            Prp2 = NextAddress(random),
            Cdw10 = random.Next(8) switch
            {
                0 => (uint)NextWord(random),
                1 or 2 or 3 => (uint)random.Next(0x20),
                _ => size | (uint)random.Next(10),
            },
            Cdw11 = opcode == 0x01 ? (uint)random.Next(10) << 16 | 1 : opcode == 0x05 ? 3 : (uint)NextWord(random),
            Cdw12 = random.Next(4) == 0 ? (uint)NextWord(random) : 0,
        };
    }

    private static SubmissionEntry NextIoEntry(Random random) => new()
    {
        Cdw0 = (uint)random.Next(10) | (uint)random.Next(0x10000) << 16,
        NamespaceId = random.Next(8) == 0 ? uint.MaxValue : (uint)random.Next(4),
        Prp1 = NextAddress(random),
        Prp2 = NextAddress(random),
        Cdw10 = (uint)NextWord(random),
        Cdw12 = (uint)random.Next(64),
    };
}
