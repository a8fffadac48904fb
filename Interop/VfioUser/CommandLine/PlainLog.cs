using NvmeDoorbell.Storage;
using NvmeDoorbell.VfioUser.Session;

namespace NvmeDoorbell.VfioUser.CommandLine;

/// <summary>A line for each thing that happens.</summary>
internal sealed class PlainLog(TextWriter output) : IServeLog
{
    /// <inheritdoc/>
    public void OnListening(string path, DeviceModel model)
    {
        for (int index = 0; index < model.Disks.Count; index++)
        {
            IDisk disk = model.Disks[index];
            string access = disk.IsReadOnly ? ", read-only" : "";
            output.WriteLine(
                $"namespace {index + 1}: {ByteSize.Format(disk.LengthBytes)}, blocks of {disk.BlockBytes} bytes{access}");
        }
        output.WriteLine($"listening on {path}");
        output.Flush();
    }

    /// <inheritdoc/>
    public void OnConnected() => Write("guest connected");

    /// <inheritdoc/>
    public void OnMemoryNotShared() => Write(
        "the guest's memory is not shared with its descriptor (share=off): it is reached by messages, slowly; use share=on");

    /// <inheritdoc/>
    public void OnMemoryCut() => Write("the client has cut its memory's file: its connection is ended");

    /// <inheritdoc/>
    public void OnDisconnected() => Write("guest gone");

    private void Write(string line)
    {
        output.WriteLine(line);
        output.Flush();
    }
}
