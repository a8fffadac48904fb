namespace NvmeDoorbell.VfioUser.Transport;

/// <summary>How an attempt to receive ended.</summary>
internal enum ReceiveResult
{
    /// <summary>Everything that was asked for is there.</summary>
    Complete,

    /// <summary>The peer has gone: nothing, or not all, came before the end of the stream.</summary>
    Ended,

    /// <summary>More descriptors came than a message may bring, or than this process can hold.</summary>
    TooManyDescriptors,
}
