using NvmeDoorbell.Doorbells;
using NvmeDoorbell.Perf.Guest;
using NvmeDoorbell.Spec;

namespace NvmeDoorbell.Perf.Gate;

/// <summary>Whole commands on the null disk, 64 at a time.</summary>
internal sealed class CommandWorkload : IWorkload
{
    private const int Depth = 64;
    private const int PageBytes = 4096;

    private readonly Reactor _reactor = new(new ReactorOptions());
    private readonly GuestDriver _guest;

    public CommandWorkload(IoOpcode opcode) => _guest = new GuestDriver(_reactor, opcode, PageBytes);

    public void Run(long cycles) => CommandShape.Run(_guest, cycles, Depth);

    public void Dispose()
    {
        _guest.Dispose();
        _reactor.Dispose();
    }
}
