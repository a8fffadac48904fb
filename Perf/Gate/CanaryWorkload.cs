namespace NvmeDoorbell.Perf.Gate;

/// <summary>Allocates on purpose: a gate that lets it through sees nothing.</summary>
internal sealed class CanaryWorkload : IWorkload
{
    private object? _kept;

    public void Run(long cycles)
    {
        for (var i = 0L; i < cycles; i++) _kept = new byte[64];
        GC.KeepAlive(_kept);
    }

    public void Dispose()
    {
    }
}
