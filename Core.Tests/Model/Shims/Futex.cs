using System.Runtime.CompilerServices;
using NvmeDoorbell.Model.Engine;

namespace NvmeDoorbell.Doorbells;

/// <summary>Stands for the shipped Futex, which calls the system: sleeping and waking are steps of the model.</summary>
internal static unsafe class Futex
{
    public static void Wait(uint* word, uint expected, TimeSpan timeout, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        World.Current.FutexWait((nint)word, expected, new Site(file, line));

    public static void WakeOne(uint* word, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        World.Current.FutexWake((nint)word, 1, new Site(file, line));
}
