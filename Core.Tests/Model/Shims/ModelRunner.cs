using System.Runtime.CompilerServices;
using NvmeDoorbell.Model.Engine;

namespace NvmeDoorbell.Model.Shims;

/// <summary>Stands for System.Threading.Thread.</summary>
internal sealed class ModelRunner(Action body)
{
    private ModelThread? _thread;

    public bool IsBackground { get; init; }

    public string? Name { get; init; }

    public void Start([CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        _thread = World.Current.StartThread(Name ?? "thread", body, IsBackground, new Site(file, line));

    public void Join([CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        if (_thread is not null)
            World.Current.Join(_thread, new Site(file, line));
    }
}
