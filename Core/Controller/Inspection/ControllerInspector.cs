using System.Globalization;
using System.Text.Json;
using NvmeDoorbell.Doorbells;
using NvmeDoorbell.Spec;

namespace NvmeDoorbell.Controller;

/// <summary>
/// Writes the live state of a controller as JSON. Stops nothing and waits for nothing but short locks of the control
/// path: numbers that change meanwhile may be of different moments.
/// </summary>
internal static class ControllerInspector
{
    private static readonly (string Name, ulong Offset, int WidthBytes)[] Registers =
    [
        ("cap", RegisterOffset.Capabilities, 8),
        ("vs", RegisterOffset.Version, 4),
        ("intms", RegisterOffset.InterruptMaskSet, 4),
        ("cc", RegisterOffset.ControllerConfiguration, 4),
        ("csts", RegisterOffset.ControllerStatus, 4),
        ("aqa", RegisterOffset.AdminQueueAttributes, 4),
        ("asq", RegisterOffset.AdminSubmissionQueue, 8),
        ("acq", RegisterOffset.AdminCompletionQueue, 8),
    ];

    public static void WriteRegisters(Utf8JsonWriter json, NvmeController controller)
    {
        json.WriteStartObject("registers");
        foreach ((string name, ulong offset, int widthBytes) in Registers)
            json.WriteString(name, Hex(controller.ReadRegister(offset, widthBytes)));
        json.WriteEndObject();
    }

    public static void WriteNamespaces(Utf8JsonWriter json, NamespaceTable namespaces)
    {
        json.WriteStartArray("namespaces");
        foreach (Namespace? one in namespaces.All)
        {
            if (one is null)
                continue;
            json.WriteStartObject();
            json.WriteNumber("nsid", one.Id);
            json.WriteNumber("blockBytes", 1L << one.BlockShift);
            json.WriteNumber("blocks", one.BlockCount);
            json.WriteBoolean("readOnly", one.IsReadOnly);
            json.WriteString("disk", one.Disk.GetType().Name);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    /// <summary>The doorbells that are open.</summary>
    public static void WriteDoorbells(Utf8JsonWriter json, DoorbellMemory doorbells)
    {
        json.WriteStartArray("doorbells");
        int count = doorbells.Count;
        for (int id = 0; id < count; id++)
        {
            DoorbellSnapshot one = doorbells.GetSnapshot(id);
            if (one.Home == DoorbellHomeKind.Closed)
                continue;
            json.WriteStartObject();
            json.WriteNumber("id", id);
            json.WriteString("what", id % 2 == 0 ? "tail" : "head");
            json.WriteNumber("queue", id / 2);
            json.WriteString("home", NameOf(one.Home));
            json.WriteNumber("value", one.Value);
            json.WriteNumber("limit", one.Limit);
            if (one.EventIdx is { } eventIdx)
                json.WriteNumber("eventIdx", eventIdx);
            json.WriteString("sleeper", NameOf(one.Sleeper));
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    public static void WriteReactors(Utf8JsonWriter json, IReadOnlyList<Reactor> reactors)
    {
        json.WriteStartArray("reactors");
        foreach (Reactor reactor in reactors)
            reactor.Inspect(json);
        json.WriteEndArray();
    }

    public static void WriteStatistics(Utf8JsonWriter json, in ControllerStatistics done)
    {
        json.WriteStartObject("statistics");
        json.WriteNumber("commands", done.Commands);
        json.WriteNumber("adminCommands", done.AdminCommands);
        json.WriteNumber("errors", done.Errors);
        json.WriteNumber("invalidRings", done.InvalidRings);
        json.WriteNumber("interrupts", done.Interrupts);
        json.WriteNumber("bytesRead", done.BytesRead);
        json.WriteNumber("bytesWritten", done.BytesWritten);
        json.WriteNumber("doorbells", done.Doorbells);
        json.WriteNumber("timedCommands", done.TimedCommands);
        json.WriteNumber("timedNs", done.TimedDuration.Ticks * TimeSpan.NanosecondsPerTick);
        json.WriteEndObject();
    }

    private static string Hex(ulong value) => "0x" + value.ToString("x", CultureInfo.InvariantCulture);

    private static string NameOf(DoorbellHomeKind home) => home switch
    {
        DoorbellHomeKind.Private => "private",
        DoorbellHomeKind.Mapped => "mapped",
        DoorbellHomeKind.Shadow => "shadow",
        _ => "closed",
    };

    private static string NameOf(DoorbellSleeper sleeper) => sleeper switch
    {
        DoorbellSleeper.Awake => "awake",
        DoorbellSleeper.Asleep => "asleep",
        DoorbellSleeper.Woken => "woken",
        _ => "none",
    };
}
