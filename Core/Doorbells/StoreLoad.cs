using System.Diagnostics;
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
    public static readonly bool HasProcessWide = DetectProcessWide(OperatingSystem.IsWindows(), OperatingSystem.IsLinux(),
        RuntimeInformation.ProcessArchitecture, static number => Membarrier(number, MembarrierQuery, 0, 0));

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

    /// <summary>The process-wide part of it, after a full fence of the sleeper's own.</summary>
    /// <returns>How long it took, at least 1 tick.</returns>
    public static long TimeProcessWideFence()
    {
        long begin = Stopwatch.GetTimestamp();
        Interlocked.MemoryBarrierProcessWide();
        return Math.Max(1, Stopwatch.GetTimestamp() - begin);
    }

    /// <param name="isWindows">Of this system.</param>
    /// <param name="isLinux">Of this system.</param>
    /// <param name="architecture">Of this process.</param>
    /// <param name="query">What the call of a number answers to the question which barriers there are.</param>
    internal static bool DetectProcessWide(bool isWindows, bool isLinux, Architecture architecture, Func<int, nint> query)
    {
        if (isWindows) return true; // FlushProcessWriteBuffers
        if (!isLinux) return false;
        // Without membarrier the runtime falls back to page protection, whose interrupts reach x86-64 cores but are no
        // fence by any manual: then the ringer fences for itself.
        int number = architecture switch
        {
            Architecture.X64 => MembarrierSyscallX64,
            Architecture.Arm64 => MembarrierSyscallArm64,
            _ => -1,
        };
        if (number < 0) return false;
        nint answer = query(number); // negative: the call is not there, or not allowed
        return answer > 0 && (answer & MembarrierPrivateExpedited) != 0;
    }

    [LibraryImport("libc", EntryPoint = "syscall")]
    private static partial nint Membarrier(nint number, nint command, nint flags, nint cpu);
}
