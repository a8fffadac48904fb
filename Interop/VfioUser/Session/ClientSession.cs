using NvmeDoorbell.VfioUser.Dma;
using NvmeDoorbell.VfioUser.Messages;
using NvmeDoorbell.VfioUser.Transport;

namespace NvmeDoorbell.VfioUser.Session;

/// <summary>
/// One client from its connection to its end: negotiates, then executes its commands in the order in which they come.
/// </summary>
/// <remarks>
/// <para>The session's thread takes the place of a reactor that sleeps when a doorbell comes as a message
/// (<see cref="Doorbells.Reactor.TryTakeOver"/>).</para>
/// <para>Whatever a client sends costs it a reply with an error, or, where the stream cannot be followed any more, its
/// connection.</para>
/// </remarks>
internal sealed partial class ClientSession : IDisposable
{
    private const int MaxMessageBytes = MessageHeader.SizeBytes + RegionAccess.SizeBytes + Capabilities.DefaultTransferBytes;

    private const ushort Major = 0;
    private const ushort Minor = 0;

    private readonly UnixStream _stream;
    private readonly DeviceModel _model;
    private readonly IServerEvents? _events;
    private Message _message = new();
    private readonly Reply _reply = new();
    private Capabilities _client = Capabilities.Default;
    private Device? _device;

    /// <param name="stream">The connection; it stays the caller's.</param>
    /// <param name="model">What the device is made of.</param>
    /// <param name="events">Told what happens, or null.</param>
    public ClientSession(UnixStream stream, DeviceModel model, IServerEvents? events)
    {
        _events = events;
        _stream = stream;
        _model = model;
        _isWanted = () => _deferred.Count > 0 || _stream.CanReceive(timeoutMs: 0);
    }

    /// <summary>The device, once the client has introduced itself.</summary>
    public Device? Device => Volatile.Read(ref _device);

    /// <summary>Serves the client until it has gone.</summary>
    /// <returns>Whether it has introduced itself: whether it was a client, and not only a connection.</returns>
    public bool Run()
    {
        uint cut = BusErrorGuard.Replaced;
        bool goesOn = Begin();
        while (goesOn)
            goesOn = Step();
        if (BusErrorGuard.Replaced != cut)
            _events?.OnMemoryCut();
        return _device is not null;
    }

    /// <summary>Waits for the first message and answers it; the device is there then.</summary>
    /// <returns>False: the connection is over.</returns>
    public bool Begin()
    {
        if (!Receive() || !Negotiate())
            return false;
        BusErrorGuard.SetConnection(_stream);
        Volatile.Write(ref _device, new Device(_model, new MessageMemory(_stream, _client.MaxTransferBytes, ServeInTurn), WaitFor));
        _events?.OnConnected();
        return SendVersion();
    }

    /// <summary>Waits for the next message and answers it.</summary>
    /// <returns>False: the connection is over.</returns>
    public bool Step()
    {
        if (!Receive())
            return false;
        return TakeOver() is { } reactor ? AnswerAndServe(reactor) : Answer();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        BusErrorGuard.SetConnection(null);
        _device?.Dispose();
        while (TakeDeferred())
        {
        }
        _message.Dispose();
    }

    private bool Receive()
    {
        if (TakeDeferred())
            return true;
        if (_hasEnded)
            return false;
        FollowUnmaskEvent();
        MessageResult result = _message.Receive(_stream, MaxMessageBytes);
        if (result == MessageResult.Received)
            return true;
        if (result != MessageResult.Ended)
            Refuse();
        return false;
    }

    /// <summary>The client may have given an eventfd by which it unmasks INTx: it is looked at between messages.</summary>
    private void FollowUnmaskEvent()
    {
        while (_device is { } device && device.Interrupts.Intx.UnmaskDescriptor is >= 0 and var descriptor
            && _stream.WaitWith(descriptor))
            device.Interrupts.Intx.OnUnmaskEvent();
    }

    private bool Refuse()
    {
        _reply.Send(_stream, _message.Header, Errno.Invalid);
        return false;
    }

    /// <summary>The first message says which version the client speaks, and what it can.</summary>
    private bool Negotiate()
    {
        const int VersionBytes = 4;
        bool isGood = _message.Header is { IsCommand: true, Command: CommandId.Version }
            && _message.TryRead(out ushort major) && major == Major
            && _message.Payload.Length >= VersionBytes
            && Capabilities.TryParse(_message.Payload[VersionBytes..], out _client);
        return isGood || Refuse();
    }

    private bool SendVersion()
    {
        _reply.Clear();
        _reply.Write(Major);
        _reply.Write(Minor);
        _reply.Write(Capabilities.Describe(_client));
        return _reply.Send(_stream, _message.Header, Errno.None);
    }

    private bool Answer()
    {
        MessageHeader header = _message.Header;
        if (!header.IsCommand)
            return header.IsReply ? _device!.Messages.OnReply(header, _message.Payload) : Refuse();
        _reply.Clear();
        Errno error = Execute(_device!);
        _message.Descriptors.Clear(); // what the command had no use for is closed when it is answered
        return header.WantsNoReply || _reply.Send(_stream, header, error);
    }

    private Errno WriteRegion(Device device)
    {
        if (!device.CheckSharing(_message))
            _events?.OnMemoryNotShared();
        return device.Regions.Write(_message, _reply);
    }

    private Errno Execute(Device device) => _message.Header.Command switch
    {
        CommandId.DmaMap => device.Memory.Map(_message),
        CommandId.DmaUnmap => device.Memory.Unmap(_message, _reply),
        CommandId.DeviceGetInfo => Device.GetInfo(_message, _reply),
        CommandId.DeviceGetRegionInfo => device.Regions.GetInfo(_message, _reply),
        CommandId.DeviceGetRegionIoFds => device.Regions.GetIoDescriptors(_message, _reply),
        CommandId.DeviceGetIrqInfo => device.InterruptCommands.GetInfo(_message, _reply),
        CommandId.DeviceSetIrqs => device.InterruptCommands.Set(_message),
        CommandId.RegionRead => device.Regions.Read(_message, _reply),
        CommandId.RegionWrite => WriteRegion(device),
        CommandId.RegionWriteMulti => device.Regions.WriteMultiple(_message, _reply),
        CommandId.DeviceReset => device.Reset(),
        CommandId.DeviceFeature => device.Migration.Feature(_message, _reply),
        CommandId.MigDataRead => device.Migration.Read(_message, _reply),
        CommandId.MigDataWrite => device.Migration.Write(_message),
        _ => Errno.Invalid,
    };
}
