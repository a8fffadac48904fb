using System.Text.Json;

namespace NvmeDoorbell.Controller;

// What can be seen of a task from another thread.
internal sealed partial class QueueTask
{
    /// <summary>Writes the task's queues as a JSON object: in full once it is served, else what was created. Any thread.</summary>
    public void Inspect(Utf8JsonWriter json)
    {
        if (Volatile.Read(ref _served) is { } served)
        {
            served.Inspect(json);
            return;
        }
        json.WriteStartObject();
        json.WriteStartObject("completionQueue");
        json.WriteNumber("id", _completions.Id);
        json.WriteNumber("entries", _completions.Entries);
        json.WriteNumber("head", 0);
        json.WriteNumber("tail", 0);
        json.WriteNumber("vector", _completions.Vector);
        json.WriteBoolean("interruptsEnabled", _completions.InterruptsEnabled);
        json.WriteEndObject();
        json.WriteBoolean("served", false);
        json.WriteEndObject();
    }
}
