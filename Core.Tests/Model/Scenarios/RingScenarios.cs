using NvmeDoorbell.Doorbells;
using NvmeDoorbell.Model.Engine;

namespace NvmeDoorbell.Model.Scenarios;

/// <summary>Rings against sleeps.</summary>
internal static class RingScenarios
{
    public static IEnumerable<Scenario> All =>
    [
        new("ring-sleep", "One ringer, one sleeper, the sleeper pays for the fence", world => OneRinger(world, DoorbellBarrier.Asymmetric)),
        new("ring-sleep-symmetric", "One ringer, one sleeper, the ringer pays for its fence", world => OneRinger(world, DoorbellBarrier.Symmetric)),
        new("ring-ring-sleep", "Two ringers of one doorbell, one sleeper", world => TwoRingers(world, DoorbellBarrier.Asymmetric)),
        new("ring-ring-sleep-symmetric", "Two ringers of one doorbell, one sleeper", world => TwoRingers(world, DoorbellBarrier.Symmetric)),
    ];

    private static void OneRinger(World world, DoorbellBarrier barrier)
    {
        Shipped.Begin(world);
        DoorbellMemory memory = Shipped.Doorbells(world, barrier);
        DoorbellState state = Shipped.Open(world, memory, 0);
        Sleeper sleeper = new(world, "sleeper", state);
        world.Thread("ringer", () =>
        {
            memory.Ring(0, 1);
            memory.Ring(0, 2);
        });
        world.AtEnd(() => world.Check(state.Value == 2, "the last value was not taken"));
    }

    private static void TwoRingers(World world, DoorbellBarrier barrier)
    {
        Shipped.Begin(world);
        DoorbellMemory memory = Shipped.Doorbells(world, barrier);
        DoorbellState state = Shipped.Open(world, memory, 0);
        Sleeper sleeper = new(world, "sleeper", state);
        world.Thread("first", () => memory.Ring(0, 1));
        world.Thread("second", () => memory.Ring(0, 2));
    }
}
