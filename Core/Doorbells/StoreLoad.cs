using System.Runtime.InteropServices;

namespace NvmeDoorbell.Doorbells;

/// <summary>
/// The fence between a store and a later load of another cell, which both sides of every sleep need: the ringer between
/// its value and the sleeper's state, the sleeper between its state and the value.
/// </summary>
/// <remarks>
/// Symmetric: each side runs a full fence. Asymmetric: the ringer runs none (its two accesses only have to stay in
/// program order, which <see cref="Volatile"/> accesses do: the just-in-time compiler never swaps two of them), and the
/// sleeper makes every thread of the process run one, by <see cref="Interlocked.MemoryBarrierProcessWide"/>. A ring is
/// then as cheap as its store; a sleep costs an interrupt to each core that runs a thread of ours.
/// </remarks>
internal static partial class StoreLoad
{
    /// <summary>Whether the system has a process-wide barrier that reaches every thread.</summary>
    public static readonly bool HasProcessWide = DetectProcessWide();

    private const int MembarrierSyscallX64 = 324;
    private const int MembarrierSyscallArm64 = 283;
    private const int MembarrierQuery = 0;
    private const int MembarrierPrivateExpedited = 1 << 3;

    /// <summary>The sleeper's side.</summary>
    public static void SleeperFence(bool processWide)
    {
        // Toward a shadow page the other side may be another process, which no process-wide barrier reaches.
        Interlocked.MemoryBarrier();
        if (processWide) Interlocked.MemoryBarrierProcessWide();
    }

    private static bool DetectProcessWide()
    {
        if (OperatingSystem.IsWindows()) return true; // FlushProcessWriteBuffers
        if (!OperatingSystem.IsLinux()) return false;
        // Without membarrier the runtime falls back to page protection, whose interrupts reach x86-64 cores but are no
        // fence by any manual: then the ringer fences for itself.
        int number = RuntimeInformation.ProcessArchitecture switch
        {
            Architecture.X64 => MembarrierSyscallX64,
            Architecture.Arm64 => MembarrierSyscallArm64,
            _ => -1,
        };
        return number >= 0 && (Membarrier(number, MembarrierQuery, 0, 0) & MembarrierPrivateExpedited) > 0;
    }

    [LibraryImport("libc", EntryPoint = "syscall")]
    private static partial nint Membarrier(nint number, nint command, nint flags, nint cpu);
}
