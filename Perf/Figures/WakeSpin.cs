using NvmeDoorbell.Perf.Harness;
using NvmeDoorbell.Perf.Shapes;

namespace NvmeDoorbell.Perf.Figures;

/// <summary>From a ring to a follower that polls, each on a CPU of its own.</summary>
internal sealed class WakeSpin() : Figure("wake_spin", "Ring to the task runs, reactor polling, one way (ping-pong / 2)", "limit")
{
    public override IReadOnlyList<Shape> CreateShapes(Surroundings surroundings) =>
    [
        .. surroundings.Native(Name, "limit"),
        new Lazily("core_csharp", static () => new CoreAnswerShape("", parks: false, isNative: false)),
        .. Surroundings.InProcess(static () => new Lazily(
            "core_c_inline", static () => new CoreAnswerShape("", parks: false, isNative: true))),
    ];
}
