using System.Buffers;
using System.Text;
using System.Text.Json;

namespace NvmeDoorbell.Pci;

/// <content>The live state, for people and tools.</content>
public sealed partial class PciFunction
{
    /// <summary>
    /// Writes the live state of the function and its controller as one JSON object; see
    /// <see cref="Controller.NvmeController.Inspect"/>, to which it adds the member <c>pci</c>.
    /// </summary>
    /// <param name="json">Receives the object.</param>
    public void Inspect(Utf8JsonWriter json)
    {
        ArgumentNullException.ThrowIfNull(json);
        json.WriteStartObject();
        json.WriteStartObject("pci");
        json.WriteBoolean("memorySpace", IsMemorySpaceEnabled);
        json.WriteBoolean("busMaster", IsBusMaster);
        json.WriteBoolean("msixEnabled", IsMsixEnabled);
        json.WriteBoolean("pinAsserted", Volatile.Read(ref _pin));
        json.WriteNumber("vectors", Vectors);
        json.WriteStartArray("pending");
        for (int vector = 0; vector < Vectors; vector++)
        {
            if (_msix.IsPending(vector))
                json.WriteNumberValue(vector);
        }
        json.WriteEndArray();
        json.WriteEndObject();
        Controller.WriteInspection(json);
        json.WriteEndObject();
    }

    /// <summary>The same as text.</summary>
    public string Inspect()
    {
        var buffer = new ArrayBufferWriter<byte>(4096);
        using (var json = new Utf8JsonWriter(buffer))
            Inspect(json);
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }
}
