using System.Text;
using System.Text.Json;
using NvmeDoorbell.VfioUser.Session;

namespace NvmeDoorbell.VfioUser.CommandLine;

/// <summary>A line of JSON for each thing that happens.</summary>
internal sealed class JsonLog(TextWriter output) : IServeLog
{
    /// <inheritdoc/>
    public void OnListening(string path, DeviceModel model) => Write("listening", path);

    /// <inheritdoc/>
    public void OnConnected() => Write("connected");

    /// <inheritdoc/>
    public void OnMemoryNotShared() => Write("memoryNotShared");

    /// <inheritdoc/>
    public void OnMemoryCut() => Write("memoryCut");

    /// <inheritdoc/>
    public void OnDisconnected() => Write("disconnected");

    private void Write(string name, string? socketPath = null)
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter writer = new(stream))
        {
            writer.WriteStartObject();
            writer.WriteString("event", name);
            if (socketPath is not null)
                writer.WriteString("socket", socketPath);
            writer.WriteEndObject();
        }
        output.WriteLine(Encoding.UTF8.GetString(stream.ToArray()));
        output.Flush();
    }
}
