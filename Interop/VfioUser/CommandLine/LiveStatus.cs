using System.Globalization;
using NvmeDoorbell.VfioUser.Session;
using Spectre.Console;

namespace NvmeDoorbell.VfioUser.CommandLine;

/// <summary>Figures on the terminal that are brought up to date each second.</summary>
internal sealed class LiveStatus : IDisposable
{
    private const int ValueWidth = 10;

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

    private Panel Show(ServerStatus now, ServerStatus before)
    {
        string state = !now.IsConnected ? "none" : now.Controller.IsReady ? "ready" : "connected";
        // Labels and values in three groups, side by side: as wide as the narrowest of usual terminals.
        Grid grid = new Grid().AddColumns(6);
        for (int column = 1; column < 6; column += 2)
            grid.Columns[column].Alignment(Justify.Right).Width(ValueWidth);
        grid.AddRow("guest", state, "read/s", Bytes(status => status.Controller.BytesRead),
            "doorbells/s", Count(status => status.Controller.Doorbells));
        grid.AddRow("IOPS", Count(status => status.Controller.Commands), "written/s", Bytes(status => status.Controller.BytesWritten),
            "interrupts/s", Count(status => status.Controller.Interrupts));
        grid.AddRow("latency", now.LatencySince(before) is { } latency ? Time(latency) : "-",
            "errors", Text(now.Controller.Errors), "wakes/s", Count(status => status.Reactors.Sum(reactor => reactor.Wakes)));
        grid.AddRow("depth", now.DepthSince(before).ToString("0.0", CultureInfo.InvariantCulture),
            "", "", "parks/s", Count(status => status.Reactors.Sum(reactor => reactor.Parks)));
        return new Panel(grid).Header(Markup.Escape(_path)).RoundedBorder();

        string Count(Func<ServerStatus, double> counter) => Text(now.RateSince(before, counter));
        string Bytes(Func<ServerStatus, double> counter) => ByteSize.Format((ulong)now.RateSince(before, counter));
    }

    /// <summary>Three digits or so, with a unit.</summary>
    private static string Time(TimeSpan time) => time.TotalMilliseconds switch
    {
        < 1 => string.Create(CultureInfo.InvariantCulture, $"{time.TotalMicroseconds:0.#} µs"),
        < 1000 => string.Create(CultureInfo.InvariantCulture, $"{time.TotalMilliseconds:0.##} ms"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.##} s"),
    };

    private static string Text(double value) => value.ToString("N0", CultureInfo.InvariantCulture);
}
