using NvmeDoorbell.Perf.Harness;
using NvmeDoorbell.Perf.Shapes;

namespace NvmeDoorbell.Perf.Peers;

/// <summary>The header's inline ring on native threads of this process, where libnvmedoorbell.so has not been built.</summary>
internal sealed class InlineRingShape(string figure) : Shape("core_c_inline")
{
    private readonly CoreDoorbells _doorbells = new(PeersLibrary.Doorbells);

    public override void Dispose()
    {
        _doorbells.Dispose();
        base.Dispose();
    }

    protected override double Time(int operations)
        => PeersLibrary.Sample(figure, Name, (uint)operations, _doorbells.Memory.NativeView);
}
