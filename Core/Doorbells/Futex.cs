using System.Runtime.InteropServices;

namespace NvmeDoorbell.Doorbells;

/// <summary>
/// Sleeping on a 32-bit word in native memory: the thread sleeps only if the word still has the value it was seen with,
/// and a wake comes after the word was changed. Linux futexes, since the C header's ring wakes by them too; elsewhere,
/// where only managed threads ring, a monitor.
/// </summary>
internal static unsafe partial class Futex
{
    private const int WaitPrivate = 0 | 128;
    private const int WakePrivate = 1 | 128;

    private static readonly nint Syscall = SyscallOf(RuntimeInformation.ProcessArchitecture);
    private static readonly object Gate = new();

    /// <summary>Whether the system has futexes. Tests say it has none, to try the monitor.</summary>
    internal static bool IsNative { get; set; } = OperatingSystem.IsLinux();

    internal static nint SyscallOf(Architecture architecture) => architecture == Architecture.Arm64 ? 98 : 202;

    /// <summary>Sleeps while the word is <paramref name="expected"/>, at most the time given; may return early.</summary>
    public static void Wait(uint* word, uint expected, TimeSpan timeout)
    {
        // SAFETY: the words are cells that are never unmapped.
        if (!IsNative)
        {
            lock (Gate)
            {
                if (Volatile.Read(ref *word) == expected) Monitor.Wait(Gate, timeout);
            }
            return;
        }
        if (timeout < TimeSpan.Zero)
        {
            Call(Syscall, word, WaitPrivate, (nint)expected, null, 0, 0);
            return;
        }
        long* time = stackalloc long[2];
        time[0] = (long)timeout.TotalSeconds;
        time[1] = timeout.Ticks % TimeSpan.TicksPerSecond * 100;
        Call(Syscall, word, WaitPrivate, (nint)expected, time, 0, 0);
    }

    /// <summary>Wakes one thread that sleeps on the word.</summary>
    public static void WakeOne(uint* word)
    {
        // SAFETY: as above.
        if (IsNative)
        {
            Call(Syscall, word, WakePrivate, 1, null, 0, 0);
            return;
        }
        lock (Gate) Monitor.PulseAll(Gate);
    }

    [LibraryImport("libc", EntryPoint = "syscall")]
    private static partial nint Call(nint number, uint* word, nint operation, nint value, long* timeout, nint word2,
        nint value3);
}
