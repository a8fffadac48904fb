using System.Text.Json;
using NvmeDoorbell.Controller;
using NvmeDoorbell.Doorbells;
using NvmeDoorbell.Storage;
using NvmeDoorbell.VfioUser.Session;

namespace NvmeDoorbell.VfioUser.CommandLine;

/// <summary>The status as JSON, for <c>nvmedb inspect</c> and for scripts.</summary>
internal static class StatusJson
{
    /// <summary>One object, indented, with a line's end.</summary>
    public static byte[] Write(string socketPath, DeviceModel model, ServerStatus status)
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter writer = new(stream, new JsonWriterOptions { Indented = true }))
        {
            writer.WriteStartObject();
            writer.WriteString("socket", socketPath);
            writer.WriteBoolean("connected", status.IsConnected);
            writer.WriteString("doorbells", model.MapsDoorbells ? "mapped" : "trapped");
            WriteController(writer, status.Controller);
            writer.WriteStartArray("reactors");
            foreach (ReactorStatistics reactor in status.Reactors)
                WriteReactor(writer, reactor);
            writer.WriteEndArray();
            writer.WriteStartArray("namespaces");
            foreach (IDisk disk in model.Disks)
                WriteDisk(writer, disk);
            writer.WriteEndArray();
            writer.WriteEndObject();
        }
        stream.WriteByte((byte)'\n');
        return stream.ToArray();
    }

    private static void WriteController(Utf8JsonWriter writer, in ControllerStatistics controller)
    {
        writer.WriteStartObject("controller");
        writer.WriteBoolean("ready", controller.IsReady);
        writer.WriteNumber("commands", controller.Commands);
        writer.WriteNumber("adminCommands", controller.AdminCommands);
        writer.WriteNumber("errors", controller.Errors);
        writer.WriteNumber("invalidRings", controller.InvalidRings);
        writer.WriteNumber("interrupts", controller.Interrupts);
        writer.WriteNumber("bytesRead", controller.BytesRead);
        writer.WriteNumber("bytesWritten", controller.BytesWritten);
        writer.WriteEndObject();
    }

    private static void WriteReactor(Utf8JsonWriter writer, in ReactorStatistics reactor)
    {
        writer.WriteStartObject();
        writer.WriteNumber("turns", reactor.Turns);
        writer.WriteNumber("wakes", reactor.Wakes);
        writer.WriteNumber("spuriousWakes", reactor.SpuriousWakes);
        writer.WriteNumber("sleeps", reactor.Sleeps);
        writer.WriteNumber("parks", reactor.Parks);
        writer.WriteEndObject();
    }

    private static void WriteDisk(Utf8JsonWriter writer, IDisk disk)
    {
        writer.WriteStartObject();
        writer.WriteNumber("bytes", disk.LengthBytes);
        writer.WriteNumber("blockBytes", disk.BlockBytes);
        writer.WriteBoolean("readOnly", disk.IsReadOnly);
        writer.WriteEndObject();
    }
}
