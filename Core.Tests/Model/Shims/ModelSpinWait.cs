using System.Runtime.CompilerServices;
using NvmeDoorbell.Model.Engine;

namespace NvmeDoorbell.Model.Shims;

/// <summary>Stands for System.Threading.SpinWait: the next turn comes when something that this one has read changes.</summary>
internal struct ModelSpinWait
{
    public int Count { get; private set; }

    public void SpinOnce([CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        Count++;
        World.Current.Spin(new Site(file, line));
    }
}
