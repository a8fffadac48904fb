using System.Runtime.CompilerServices;
using NvmeDoorbell.Model.Engine;

// The compiler binds the lock statement to the type of this name, and prefers one that it compiles itself. CS0436: that the
// name exists in the framework too is the point.
#pragma warning disable CS0436
namespace System.Threading;

/// <summary>Stands for the framework's Monitor, the lock statement's target too.</summary>
internal static class Monitor
{
    public static void Enter(object target, ref bool lockTaken)
    {
        World.Current.EnterLock(target, default);
        lockTaken = true;
    }

    public static void Enter(object target, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        World.Current.EnterLock(target, new Site(file, line));

    public static void Exit(object target) => World.Current.LeaveLock(target, default);
}
