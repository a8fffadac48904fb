using NvmeDoorbell.Pci;
using NvmeDoorbell.Spec;

namespace NvmeDoorbell.Tests.Fuzz;

/// <summary>BAR0 and configuration space: any offset, any width, any value.</summary>
internal static class RegisterActs
{
    private const uint SubsystemResetSignature = 0x4E56_4D65; // "NVMe"

    private static readonly ulong[] Registers =
    [
        RegisterOffset.Capabilities, RegisterOffset.Version, RegisterOffset.InterruptMaskSet,
        RegisterOffset.InterruptMaskClear, RegisterOffset.ControllerConfiguration, RegisterOffset.ControllerStatus,
        RegisterOffset.ControllerStatus + 4, RegisterOffset.AdminQueueAttributes, RegisterOffset.AdminSubmissionQueue,
        RegisterOffset.AdminCompletionQueue, RegisterOffset.ReadyTimeouts, RegisterOffset.SubsystemReset,
    ];

    public static void Read(FuzzMachine machine, Worker worker)
    {
        FuzzRandom random = worker.Random;
        machine.Victim.ReadBar0(Offset(machine, random), Width(random));
    }

    /// <summary>A write to anywhere; to what the valid driver needs only where there is none.</summary>
    public static void Write(FuzzMachine machine, Worker worker)
    {
        FuzzRandom random = worker.Random;
        ulong offset = Offset(machine, random);
        if (machine.Driver is not null && offset < RegisterOffset.Doorbells + (ulong)machine.FirstDoorbell * 4)
            return;
        if (offset == RegisterOffset.ControllerConfiguration && !random.OneIn(16))
            return; // or it would never be up
        machine.Victim.WriteBar0(offset, Width(random), random.Odd());
    }

    /// <summary>CC as nobody may write it: off and on without waiting, shutdowns, bad fields.</summary>
    public static void Configure(FuzzMachine machine, Worker worker)
    {
        FuzzRandom random = worker.Random;
        machine.Disturb(random, isLawless: true, () =>
        {
            PciFunction victim = machine.Victim;
            for (int write = random.Below(4); write >= 0; write--)
            {
                uint value = random.Below(4u) switch
                {
                    0 => 0x0046_0001,
                    1 => 0x0046_4001,
                    2 => (uint)random.Next(),
                    _ => 0,
                };
                victim.WriteBar0(RegisterOffset.ControllerConfiguration, 4, value);
            }
        });
    }

    /// <summary>CC.EN to 0.</summary>
    public static void Disable(FuzzMachine machine, Worker worker) =>
        machine.Disturb(worker.Random, isLawless: false,
            () => machine.Victim.WriteBar0(RegisterOffset.ControllerConfiguration, 4, 0));

    /// <summary>"NVMe" to NSSR, alone or with the register behind it; two of them in a row at times.</summary>
    public static void ResetSubsystem(FuzzMachine machine, Worker worker)
    {
        FuzzRandom random = worker.Random;
        machine.DisturbSubsystem(random, function =>
        {
            for (int write = random.Below(2); write >= 0; write--)
            {
                ulong value = SubsystemResetSignature | random.Next() << 32;
                function.WriteBar0(RegisterOffset.SubsystemReset, random.OneIn(2) ? 4 : 8, value);
            }
        });
    }

    public static void ReadConfig(FuzzMachine machine, Worker worker) =>
        machine.Victim.ReadConfig((uint)worker.Random.Odd(), worker.Random.Below(6));

    public static void WriteConfig(FuzzMachine machine, Worker worker)
    {
        FuzzRandom random = worker.Random;
        uint offset = random.OneIn(8) ? (uint)random.Odd() : random.Below(512u);
        int width = random.OneIn(8) ? random.Below(6) : random.Pick<int>([1, 2, 4]);
        uint value = (uint)random.Odd();
        uint reset = PciRegister.ExpressDeviceControl + 1;
        if (reset >= offset && reset < offset + (ulong)width)
            return; // FunctionLevelReset does it
        machine.Victim.WriteConfig(offset, width, value);
    }

    public static void FunctionLevelReset(FuzzMachine machine, Worker worker) =>
        machine.Disturb(worker.Random, isLawless: false,
            () => machine.Victim.WriteConfig(PciRegister.ExpressDeviceControl, 2, 0x8000));

    private static ulong Offset(FuzzMachine machine, FuzzRandom random) => random.Below(4u) switch
    {
        0 => random.Odd(),
        1 => random.Below((uint)machine.Victim.Bar0LengthBytes + 16),
        _ => random.Pick<ulong>(Registers) + (random.OneIn(8) ? random.Below(8u) : 0),
    };

    private static int Width(FuzzRandom random) => random.OneIn(8) ? random.Below(12) - 1 : random.OneIn(3) ? 8 : 4;
}
