using NvmeDoorbell.Perf.Harness;
using NvmeDoorbell.Perf.Shapes;

namespace NvmeDoorbell.Perf.Figures;

/// <summary>A ring by where the value lives, and by how far apart the values are.</summary>
internal sealed class RingHome(int threads) : Figure(
    threads == 1 ? "ring_home_1t" : "ring_home_2t",
    threads == 1
        ? "A ring while nobody sleeps, by the home of the value, one thread"
        : "The same from two threads on doorbells of their own: values 4 bytes apart share cache lines",
    "private")
{
    public override IReadOnlyList<Shape> CreateShapes(Surroundings surroundings)
    {
        var count = threads * RingIdleShape<HomeRinger>.PerThread;
        RingIdleShape<HomeRinger> Create(string name, CoreHome home)
            => new(name, new HomeRinger(home.Memory, interleaved: threads > 1), threads, home);
        return
        [
            Create("private", CoreHome.Private(count)),
            Create("mapped_4_bytes", CoreHome.Mapped(count, strideExponent: 0)),
            Create("mapped_128_bytes", CoreHome.Mapped(count, strideExponent: 5)),
            Create("shadow", CoreHome.Shadow(count)),
        ];
    }
}
