namespace NvmeDoorbell.VfioUser.Messages;

/// <summary>How an attempt to receive a message ended. After anything but the first the stream cannot be followed.</summary>
internal enum MessageResult
{
    /// <summary>A whole message is there.</summary>
    Received,

    /// <summary>The peer has gone, maybe in the middle of a message.</summary>
    Ended,

    /// <summary>The header says a size that no message has.</summary>
    WrongSize,

    /// <summary>More descriptors than a message may bring.</summary>
    TooManyDescriptors,
}
