using NvmeDoorbell.Doorbells;
using NvmeDoorbell.Queues;
using NvmeDoorbell.Spec;

namespace NvmeDoorbell.Controller;

/// <summary>
/// Carries out what the registers ask for (enable, reset, shutdown) and executes admin commands. The one place where
/// queues are made and unmade.
/// </summary>
/// <remarks>
/// Everything happens in turns on the first reactor. Others reach it by <see cref="Post"/>, by
/// <see cref="LookAtRegisters"/> and by raising events. It never waits: what takes time (a queue that has commands in
/// flight, a flush) is asked for by message and goes on when the answer has come.
/// </remarks>
internal sealed partial class AdminTask : ReactorTask, IAdminCompletion
{
    private readonly ControllerContext _context;
    private readonly AdminCommandTable _commands = new();
    private readonly CompletionList<Message> _messages = new();
    private readonly AsynchronousEvents _events;
    private readonly AdminTransfer _transfer;
    private readonly FeatureTable _features;
    private readonly QueueCommands _queues;
    private readonly AbortCommands _aborts;
    private readonly SelfTest _selfTest;
    private readonly FormatCommand _format;
    private int _mustLook;

    public AdminTask(ControllerContext context, IIoNotices notices)
        : base(context.Options.Reactors[0], context.Options.Memory)
    {
        _context = context;
        _transfer = new AdminTransfer(context.Options.Memory, context.Options.MaxTransferBytes);
        _events = new AsynchronousEvents(this);
        _queues = new QueueCommands(context, this, notices, _commands);
        _features = new FeatureTable(context, _transfer, _queues, _commands);
        _ = new IdentifyCommands(context, _transfer, _commands);
        var logPages = new LogPageCommands(_transfer, _events, _commands);
        _selfTest = new SelfTest(context, this, _events, _commands, logPages);
        _ = new ControllerLogPages(context, _queues, _features, _commands, logPages);
        _aborts = new AbortCommands(this, _events, _queues, _commands);
        _format = new FormatCommand(context, this, _commands);
        _ = new SanitizeCommand(context, _commands);
        if (context.Subsystem.Options.Pool is not null)
            _ = new NamespaceCommands(context, _transfer, this, _commands);
        if (context.Options.OffersShadowDoorbells)
            _ = new DoorbellBufferCommand(context, _commands);
        _commands.Add(AdminOpcode.AsynchronousEventRequest, _events.Request);
        _finishReset = FinishReset;
    }

    /// <summary>The I/O tasks, for counting and for messages.</summary>
    public QueueCommands Queues => _queues;

    /// <summary>
    /// Calls back when no command and no self-test uses a namespace any more that has been taken out of the table. On a
    /// turn.
    /// </summary>
    public void WhenUnused(Namespace removed, Action done) =>
        _queues.WhenUnused(removed, () => _selfTest.WhenUnused(removed, done));

    /// <summary>The registers have changed. Any thread.</summary>
    public void LookAtRegisters()
    {
        Volatile.Write(ref _mustLook, 1);
        Waker.Wake();
    }

    /// <summary>The subsystem is reset, and the controller with it. Any thread.</summary>
    public void OnSubsystemReset()
    {
        _context.Registers.StartReset(ofSubsystem: true);
        LookAtRegisters();
    }

    /// <summary>Something has happened that a host may have asked to be told of. Any thread.</summary>
    public void Raise(AsynchronousEvent asynchronousEvent)
    {
        if (_events.Raise(asynchronousEvent))
            Waker.Wake();
    }

    /// <summary>The list of changed namespaces has grown. Any thread.</summary>
    public void OnNamespaceChanged()
    {
        if (_features.WantsNamespaceNotices)
            Raise(AsynchronousEvent.NamespaceAttributeChanged);
    }

    /// <inheritdoc/>
    public void Post(Action action)
    {
        if (_messages.Push(new Message(action)))
            Waker.Wake();
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        EndRequests();
        _transfer.Dispose();
    }

    /// <inheritdoc/>
    protected override bool Turn()
    {
        bool worked = RunMessages();
        if (Volatile.Read(ref _mustLook) != 0)
        {
            // Cleared by an exchange before the registers are read: a change that this look misses sets it again.
            Interlocked.Exchange(ref _mustLook, 0);
            FollowRegisters();
            worked = true;
        }
        if (_isPaused)
            return Drain() | worked;
        return _phase == ControllerPhase.Enabled ? Serve() | worked : worked;
    }

    /// <inheritdoc/>
    protected override bool PrepareSleep() => _phase != ControllerPhase.Enabled || _isPaused || ArmQueues();

    /// <inheritdoc/>
    protected override bool HasWork() =>
        !_messages.IsEmpty
        || Volatile.Read(ref _mustLook) != 0
        || (_isPaused ? _waits.Count > 0 && IsStill : _phase == ControllerPhase.Enabled && HasCommands());

    private bool RunMessages()
    {
        Message? message = _messages.TakeAll();
        if (message is null)
            return false;
        for (; message is not null; message = message.Link)
            message.Run();
        return true;
    }

    private sealed class Message(Action run) : IListed<Message>
    {
        public Message? Link { get; set; }

        public void Run() => run();
    }
}
