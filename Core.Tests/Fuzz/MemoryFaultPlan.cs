using NvmeDoorbell.Storage;

namespace NvmeDoorbell.Tests.Fuzz;

/// <summary>Regions of guest RAM that vanish.</summary>
/// <param name="Vanish">In one of so many hostile steps a region goes or comes back; 0: in none.</param>
internal sealed record MemoryFaultPlan(uint Vanish)
{
    /// <summary>As text: <c>vanish=N</c>.</summary>
    public static MemoryFaultPlan Parse(string text) =>
        FaultPlanText.Read(text, new MemoryFaultPlan(0), static (plan, name, number) =>
            name == "vanish" ? plan with { Vanish = (uint)number } : null);
}
