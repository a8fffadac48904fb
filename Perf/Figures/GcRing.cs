using NvmeDoorbell.Perf.Harness;
using NvmeDoorbell.Perf.Shapes;

namespace NvmeDoorbell.Perf.Figures;

/// <summary>What a collection in the device's process does to the threads that ring.</summary>
internal sealed class GcRing(bool isLongest) : Figure(
    isLongest ? "gc_ring_longest" : "gc_ring",
    isLongest
        ? "The longest of some millions of rings, while the process collects a large heap in a loop, and without"
        : "The ring that 1 in 10,000 exceeds, while the process collects a large heap in a loop, and without",
    "core_c_inline")
{
    public override bool HasAotTwins => false;

    public override int MostRounds => 11;

    public override IReadOnlyList<Shape> CreateShapes(Surroundings surroundings)
    {
        var heap = new LargeHeap(surroundings.IsFull ? 512 : 64);
        GcRingShape Create(string name, GcRingShape.Ringer ringer, bool collects)
            => new(name, ringer, collects ? heap : null, isLongest);
        return
        [
            .. Surroundings.InProcess(
                () => Create("core_c_inline", GcRingShape.Ringer.Native, collects: false),
                () => Create("core_c_inline_collecting", GcRingShape.Ringer.Native, collects: true),
                () => Create("limit", GcRingShape.Ringer.Store, collects: false),
                () => Create("limit_collecting", GcRingShape.Ringer.Store, collects: true),
                () => Create("core_csharp", GcRingShape.Ringer.Managed, collects: false),
                () => Create("core_csharp_collecting", GcRingShape.Ringer.Managed, collects: true)),
        ];
    }
}
