namespace NvmeDoorbell.VfioUser.Session;

/// <summary>What a server tells whoever started it. Called on the thread that serves.</summary>
internal interface IServerEvents
{
    /// <summary>A client has introduced itself.</summary>
    void OnConnected();

    /// <summary>
    /// The client's descriptors do not hold the guest's memory: it is reached by messages, which is slow.
    /// </summary>
    void OnMemoryNotShared();

    /// <summary>The client has made a file shorter that it had handed over as memory, and has lost its connection.</summary>
    void OnMemoryCut();

    /// <summary>It has gone, and its device with it.</summary>
    void OnDisconnected();
}
