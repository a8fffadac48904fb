using System.Runtime.InteropServices;

namespace NvmeDoorbell.Doorbells;

/// <summary>Pinning the calling thread to a processor, on Linux.</summary>
internal static unsafe partial class ThreadAffinity
{
    private const int MaskBytes = 128; // 1024 processors, as cpu_set_t

    /// <param name="cpu">Its number.</param>
    /// <param name="isLinux">Of this system: elsewhere no thread is pinned.</param>
    public static bool TryPin(int cpu, bool isLinux)
    {
        if (!isLinux || (uint)cpu >= MaskBytes * 8) return false;
        // SAFETY: the mask is as long as the length that is passed.
        byte* mask = stackalloc byte[MaskBytes];
        new Span<byte>(mask, MaskBytes).Clear();
        mask[cpu / 8] = (byte)(1 << (cpu % 8));
        return SetAffinity(0, MaskBytes, mask) == 0;
    }

    [LibraryImport("libc", EntryPoint = "sched_setaffinity")]
    private static partial int SetAffinity(int thread, nuint maskBytes, byte* mask);
}
