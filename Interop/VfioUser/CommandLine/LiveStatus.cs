using System.Globalization;
using NvmeDoorbell.VfioUser.Session;
using Spectre.Console;

namespace NvmeDoorbell.VfioUser.CommandLine;

/// <summary>A table on the terminal that is brought up to date each second.</summary>
internal sealed class LiveStatus : IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly ManualResetEventSlim _stop = new();
    private readonly Func<ServerStatus> _look;
    private readonly string _path;
    private readonly Thread _thread;

    /// <param name="path">The guest's socket.</param>
    /// <param name="server">The server.</param>
    /// <param name="model">Its devices.</param>
    public LiveStatus(string path, VfioUserServer server, DeviceModel model)
    {
        _path = path;
        _look = () => ServerStatus.Of(server, model);
        _thread = new Thread(Run) { IsBackground = true, Name = "nvmedb-status" };
        _thread.Start();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _stop.Set();
        _thread.Join();
        _stop.Dispose();
    }

    private void Run()
    {
        ServerStatus before = _look();
        AnsiConsole.Live(Show(before, before)).Start(context =>
        {
            while (!_stop.Wait(Interval))
            {
                ServerStatus now = _look();
                context.UpdateTarget(Show(now, before));
                before = now;
            }
        });
    }

    private Table Show(ServerStatus now, ServerStatus before)
    {
        Table table = new Table().Title(Markup.Escape(_path)).RoundedBorder();
        table.AddColumns("guest", "IOPS", "read/s", "written/s", "interrupts/s", "wakes/s", "parks/s", "errors");
        string state = !now.IsConnected ? "none" : now.Controller.IsReady ? "ready" : "connected";
        table.AddRow(
            state,
            Count(now.RateSince(before, status => status.Controller.Commands)),
            ByteSize.Format((ulong)now.RateSince(before, status => status.Controller.BytesRead)),
            ByteSize.Format((ulong)now.RateSince(before, status => status.Controller.BytesWritten)),
            Count(now.RateSince(before, status => status.Controller.Interrupts)),
            Count(now.RateSince(before, status => status.Reactors.Sum(reactor => reactor.Wakes))),
            Count(now.RateSince(before, status => status.Reactors.Sum(reactor => reactor.Parks))),
            Count(now.Controller.Errors));
        return table;
    }

    private static string Count(double value) => value.ToString("N0", CultureInfo.InvariantCulture);
}
