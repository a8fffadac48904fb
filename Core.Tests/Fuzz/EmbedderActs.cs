using System.Buffers;
using NvmeDoorbell.Memory;
using NvmeDoorbell.Spec;
using NvmeDoorbell.Storage;

namespace NvmeDoorbell.Tests.Fuzz;

/// <summary>What an embedder does at the worst moment, and shadow doorbells in pages that come and go.</summary>
internal static class EmbedderActs
{
    private const uint NoRam = 0x7000_0000;

    private static readonly TimeSpan PatienceOfPause = TimeSpan.FromMilliseconds(200);

    public static void Reset(FuzzMachine machine, Worker worker)
    {
        worker.Doing = "embedder: Reset";
        machine.Disturb(worker.Random, isLawless: false, () =>
        {
            if (worker.Random.OneIn(2))
                machine.Victim.Reset();
            else
                machine.Victim.Controller.StartReset();
        });
    }

    /// <summary>Pauses, saves or not, and goes on.</summary>
    public static void Pause(FuzzMachine machine, Worker worker)
    {
        worker.Doing = "embedder: Pause";
        try
        {
            machine.Victim.Controller.Pause(PatienceOfPause);
            if (worker.Random.OneIn(2))
                machine.Victim.Save(new ArrayBufferWriter<byte>());
        }
        catch (Exception exception) when (exception is TimeoutException or InvalidOperationException)
        {
            // A disk stalls, another thread has resumed it, or another controller of the subsystem runs.
        }
        machine.Victim.Controller.Resume();
    }

    /// <summary>Adds a namespace, or removes one and frees its disk.</summary>
    public static void ToggleNamespace(FuzzMachine machine, Worker worker)
    {
        uint nsid = 5 + worker.Random.Below(2u);
        worker.Doing = "embedder: namespace";
        if (machine.Namespaces.TryRemove(nsid, out IDisk? old))
        {
            machine.Findings.Expect(machine.Victim.Controller.RemoveNamespace(nsid), $"namespace {nsid} is gone");
            machine.Release(old);
            machine.NamespaceRemovals++;
            return;
        }
        IDisk disk = machine.Keep(machine.HostileDisk(worker.Random.Below(3u)));
        try
        {
            machine.Victim.Controller.AddNamespace(nsid, disk);
            machine.Namespaces.TryAdd(nsid, disk);
        }
        catch (InvalidOperationException)
        {
            machine.Release(disk); // another thread has added it, or has not removed it yet
        }
    }

    public static void ToggleAttachment(FuzzMachine machine, Worker worker)
    {
        worker.Doing = "embedder: attachment";
        machine.ToggleAttachment(worker.Random);
    }

    public static void ToggleRegion(FuzzMachine machine, Worker worker)
    {
        worker.Doing = "embedder: region";
        machine.Ram.Toggle(worker.Random, machine.Findings);
    }

    public static void Look(FuzzMachine machine, Worker worker)
    {
        _ = machine.Victim.Controller.GetStatistics();
        _ = machine.Victim.IsMsixEnabled;
        _ = machine.Victim.Bar0Address;
    }

    /// <summary>Doorbell Buffer Config with good pages, bad ones, and others than before.</summary>
    public static void ConfigureShadow(FuzzMachine machine, Worker worker)
    {
        FuzzRandom random = worker.Random;
        AdminActs.Submit(machine, worker, new SubmissionEntry
        {
            Opcode = (byte)AdminOpcode.DoorbellBufferConfig,
            Prp1 = ShadowAddress(random, isEventIdx: false),
            Prp2 = ShadowAddress(random, isEventIdx: true),
        });
    }

    /// <summary>The guest stores doorbell values in the pages, but not those of the valid driver.</summary>
    public static void StoreShadow(FuzzMachine machine, Worker worker)
    {
        FuzzRandom random = worker.Random;
        ulong page = FuzzRam.ShadowBase + GuestMemory.PageBytes * (ulong)random.Below((uint)(FuzzRam.ShadowBytes / GuestMemory.PageBytes));
        uint first = (uint)machine.FirstDoorbell / 2;
        ulong word = first + random.Below(20u);
        machine.Ram.Store(page + word * 8, random.OneIn(4) ? random.Next() : random.Below(16u) | (ulong)random.Below(16u) << 32);
    }

    // A page that the device still writes EventIdx values to is not made the shadow page at once: a guest that does
    // this loses its own rings.
    private static ulong ShadowAddress(FuzzRandom random, bool isEventIdx) => random.Below(8u) switch
    {
        0 => FuzzRam.ShadowBase + 1 + random.Below((uint)FuzzRam.ShadowBytes / 2) * 2,
        1 => NoRam + 4096ul * random.Below(16u),
        _ => FuzzRam.ShadowBase + 8192ul * random.Below(8u) + (isEventIdx ? 4096ul : 0),
    };
}
