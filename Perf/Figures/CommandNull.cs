using NvmeDoorbell.Doorbells;
using NvmeDoorbell.Perf.Guest;
using NvmeDoorbell.Perf.Harness;
using NvmeDoorbell.Spec;

namespace NvmeDoorbell.Perf.Figures;

/// <summary>A whole command on the null disk: ring, fetch, disk, completion posted.</summary>
internal sealed class CommandNull(bool isCpuTime) : Figure(
    isCpuTime ? "command_null" : "command_null_elapsed",
    isCpuTime
        ? "A whole command on the null disk, depth 64: CPU time of the device"
        : "A whole command on the null disk: time from one to the next, guest thread and reactor on a core each",
    "core_csharp")
{
    private const int Depth = 64;
    private const int BlockBytes = 512;
    private const int PageBytes = 4096;

    public override IReadOnlyList<Shape> CreateShapes(Surroundings surroundings) => isCpuTime
        ? [.. Surroundings.InProcess(
            static () => Create("core_csharp", ReactorPolling.Never, IoOpcode.Read, BlockBytes, Depth, isCpuTime: true),
            static () => Create("core_csharp_polling", ReactorPolling.Always, IoOpcode.Read, BlockBytes, Depth, isCpuTime: true),
            static () => Create("core_csharp_read_4k", ReactorPolling.Never, IoOpcode.Read, PageBytes, Depth, isCpuTime: true),
            static () => Create("core_csharp_write_4k", ReactorPolling.Never, IoOpcode.Write, PageBytes, Depth, isCpuTime: true),
            static () => new LentCommandShape("core_csharp_one_thread", IoOpcode.Read, BlockBytes))]
        :
        [
            Create("core_csharp", ReactorPolling.Always, IoOpcode.Read, BlockBytes, Depth, isCpuTime: false),
            Create("core_csharp_depth_1", ReactorPolling.Always, IoOpcode.Read, BlockBytes, 1, isCpuTime: false),
            Create("core_csharp_depth_128", ReactorPolling.Always, IoOpcode.Read, BlockBytes, 128, isCpuTime: false),
        ];

    private static CommandShape Create(
        string name, ReactorPolling polling, IoOpcode opcode, int lengthBytes, int depth, bool isCpuTime)
        => new(name, polling, opcode, lengthBytes, depth, isCpuTime);
}
