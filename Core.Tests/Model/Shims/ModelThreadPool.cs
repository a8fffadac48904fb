using System.Runtime.CompilerServices;
using NvmeDoorbell.Model.Engine;

namespace NvmeDoorbell.Model.Shims;

/// <summary>Stands for System.Threading.ThreadPool: every item gets a thread of its own.</summary>
internal static class ModelThreadPool
{
    public static bool UnsafeQueueUserWorkItem(IThreadPoolWorkItem item, bool preferLocal,
        [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        World.Current.StartThread("pool", item.Execute, isDaemon: false, new Site(file, line));
        return true;
    }

    public static bool QueueUserWorkItem<T>(Action<T> item, T state, bool preferLocal,
        [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        World.Current.StartThread("pool", () => item(state), isDaemon: false, new Site(file, line));
        return true;
    }
}
