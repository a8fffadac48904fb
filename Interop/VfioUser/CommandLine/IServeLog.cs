using NvmeDoorbell.VfioUser.Session;

namespace NvmeDoorbell.VfioUser.CommandLine;

/// <summary>Tells the user what happens.</summary>
internal interface IServeLog : IServerEvents
{
    /// <summary>The server can be connected to.</summary>
    void OnListening(string path, DeviceModel model);
}
