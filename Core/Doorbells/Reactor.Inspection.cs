using System.Text.Json;

namespace NvmeDoorbell.Doorbells;

/// <content>Looks at a reactor from outside.</content>
public sealed partial class Reactor
{
    /// <summary>
    /// Writes its live state as one JSON object: <c>ownThread</c>, <c>tasks</c>, <c>parked</c>, and the numbers of
    /// <see cref="ReactorStatistics"/>. Any thread; stops nothing.
    /// </summary>
    /// <param name="json">Where a value may stand.</param>
    public void Inspect(Utf8JsonWriter json)
    {
        ReactorStatistics done = GetStatistics();
        json.WriteStartObject();
        json.WriteBoolean("ownThread", HasOwnThread);
        json.WriteNumber("tasks", TaskCount);
        json.WriteBoolean("parked", IsParked);
        json.WriteNumber("turns", done.Turns);
        json.WriteNumber("wakes", done.Wakes);
        json.WriteNumber("spuriousWakes", done.SpuriousWakes);
        json.WriteNumber("sleeps", done.Sleeps);
        json.WriteNumber("parks", done.Parks);
        json.WriteEndObject();
    }
}
