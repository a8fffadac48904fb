using NvmeDoorbell.Model.Engine;

namespace NvmeDoorbell.Doorbells;

/// <summary>
/// Stands for the shipped FenceChoice, which goes by the time: in scenarios that ask for it, each sleep begins either way.
/// </summary>
/// <param name="nowTicks">The time, which does not pass.</param>
internal struct FenceChoice(long nowTicks)
{
    private long _sleepTicks = nowTicks;

    public readonly bool Ringers => _sleepTicks >= 0 && World.Current.ChoosesFences && World.Current.Choose(2) == 1;

    public void OnSleep(long barrierTicks) => _sleepTicks += barrierTicks;

    public readonly bool Ends(long nowTicks) => _sleepTicks < nowTicks;
}
