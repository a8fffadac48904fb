using System.Text.Json;

namespace NvmeDoorbell.Controller;

/// <content>The live state, for people and tools.</content>
public sealed partial class NvmeController
{
    /// <summary>
    /// Writes the live state as one JSON object: registers, namespaces, queues with their heads and tails, doorbells
    /// with value, home, EventIdx and sleeper, reactors, counters. The shape is in docs/inspection.md.
    /// </summary>
    /// <remarks>
    /// From any thread, at any time, under load too: no queue stops for it. Numbers that change meanwhile may be of
    /// slightly different moments. Costs some microseconds for each open queue.
    /// </remarks>
    /// <param name="json">Receives the object.</param>
    public void Inspect(Utf8JsonWriter json)
    {
        ArgumentNullException.ThrowIfNull(json);
        json.WriteStartObject();
        WriteInspection(json);
        json.WriteEndObject();
    }

    /// <summary>The members of the object of <see cref="Inspect"/>, into an object that the caller has begun.</summary>
    internal void WriteInspection(Utf8JsonWriter json)
    {
        json.WriteString("serial", Options.Serial);
        json.WriteBoolean("ready", IsReady);
        json.WriteBoolean("paused", IsPaused);
        ControllerInspector.WriteRegisters(json, this);
        ControllerInspector.WriteNamespaces(json, _context.Namespaces);
        json.WriteStartArray("queues");
        _admin.Queues.Inspect(json);
        json.WriteEndArray();
        ControllerInspector.WriteDoorbells(json, Doorbells);
        ControllerInspector.WriteReactors(json, Options.Reactors);
        ControllerInspector.WriteStatistics(json, GetStatistics());
    }
}
