using System.Text.Json;
using NvmeDoorbell.Doorbells;
using NvmeDoorbell.Storage;
using NvmeDoorbell.VfioUser.Session;

namespace NvmeDoorbell.VfioUser.CommandLine;

/// <summary>The server and the device that it serves as JSON, for <c>nvmedb inspect</c> and for scripts.</summary>
internal static class StatusJson
{
    /// <summary>One object, indented, with a line's end.</summary>
    public static byte[] Write(string socketPath, DeviceModel model, VfioUserServer server)
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter json = new(stream, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            json.WriteString("socket", socketPath);
            json.WriteString("doorbells", model.MapsDoorbells ? "mapped" : "trapped");
            json.WriteStartArray("disks");
            foreach (IDisk disk in model.Disks)
                WriteDisk(json, disk);
            json.WriteEndArray();
            json.WriteStartArray("reactors");
            foreach (Reactor reactor in model.Reactors)
                reactor.Inspect(json);
            json.WriteEndArray();
            json.WriteBoolean("connected", server.Look(device => WriteDevice(json, device)));
            json.WriteEndObject();
        }
        stream.WriteByte((byte)'\n');
        return stream.ToArray();
    }

    /// <returns>Whether there is one.</returns>
    private static bool WriteDevice(Utf8JsonWriter json, Device? device)
    {
        json.WritePropertyName("device");
        if (device is null)
            json.WriteNullValue();
        else
            device.Function.Inspect(json);
        return device is not null;
    }

    private static void WriteDisk(Utf8JsonWriter json, IDisk disk)
    {
        json.WriteStartObject();
        json.WriteNumber("bytes", disk.LengthBytes);
        json.WriteNumber("blockBytes", disk.BlockBytes);
        json.WriteBoolean("readOnly", disk.IsReadOnly);
        json.WriteEndObject();
    }
}
