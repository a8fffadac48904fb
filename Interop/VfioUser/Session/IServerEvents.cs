namespace NvmeDoorbell.VfioUser.Session;

/// <summary>What a server tells whoever started it. Called on the thread that serves.</summary>
internal interface IServerEvents
{
    /// <summary>A client has introduced itself.</summary>
    void OnConnected();

    /// <summary>It has gone, and its device with it.</summary>
    void OnDisconnected();
}
