namespace NvmeDoorbell.VfioUser.Dma;

/// <summary>One access of the client's memory that waits for its reply. Used again and again.</summary>
internal sealed class PendingAccess : IDisposable
{
    /// <summary>Set when the reply is there, or will not come.</summary>
    public ManualResetEventSlim Ended { get; } = new();

    /// <summary>Names the use in the message's identifier.</summary>
    public ushort Id { get; set; }

    /// <summary>Somebody waits for it.</summary>
    public bool IsWaiting { get; set; }

    /// <summary>The reply said that all is well.</summary>
    public bool HasSucceeded { get; set; }

    /// <summary>The reply's payload.</summary>
    public byte[] Reply { get; private set; } = [];

    /// <summary>Bytes of it.</summary>
    public int ReplyBytes { get; private set; }

    /// <summary>Keeps the payload of the reply.</summary>
    public void Keep(ReadOnlySpan<byte> payload)
    {
        if (Reply.Length < payload.Length)
            Reply = new byte[payload.Length];
        payload.CopyTo(Reply);
        ReplyBytes = payload.Length;
    }

    /// <inheritdoc/>
    public void Dispose() => Ended.Dispose();
}
