using System.Diagnostics;
using NvmeDoorbell.Perf.Harness;

namespace NvmeDoorbell.Perf.Shapes;

/// <summary>Switches the homes of a number of open doorbells to a shadow page and back.</summary>
internal sealed class HomeSwitchShape(string name, int doorbells) : Shape(name)
{
    private readonly CoreHome _home = CoreHome.Private(doorbells);

    public override int FirstOperations => 2;

    public override int LeastOperations => 2;

    public override void Dispose()
    {
        _home.Dispose();
        base.Dispose();
    }

    protected override double Time(int operations)
    {
        var begin = Stopwatch.GetTimestamp();
        for (var i = 0; i < operations; i++)
        {
            _home.UseShadow();
            _home.Memory.UsePrivate();
        }
        return NsSince(begin, operations) / doorbells;
    }
}
