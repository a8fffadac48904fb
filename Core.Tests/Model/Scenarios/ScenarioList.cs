using NvmeDoorbell.Model.Litmus;

namespace NvmeDoorbell.Model.Scenarios;

/// <summary>Every scenario, by name.</summary>
internal static class ScenarioList
{
    public static IReadOnlyList<Scenario> All { get; } =
    [
        .. LitmusScenarios.All,
        .. CheckerScenarios.All,
        .. RingScenarios.All,
        .. FenceScenarios.All,
        .. CloseScenarios.All,
        .. WaitScenarios.All,
        .. SwitchScenarios.All,
        .. ShadowScenarios.All,
        .. PostedScenarios.All,
        .. RegionScenarios.All,
        .. ReturningPageScenarios.All,
        .. ReactorScenarios.All,
    ];

    public static Scenario? Find(string name) => All.FirstOrDefault(scenario => scenario.Name == name);
}
