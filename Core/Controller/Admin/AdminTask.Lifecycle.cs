using NvmeDoorbell.Doorbells;
using NvmeDoorbell.Memory;
using NvmeDoorbell.Queues;
using NvmeDoorbell.Spec;

namespace NvmeDoorbell.Controller;

/// <content>
/// Enable, reset and shutdown. Level-driven: the registers say what is wanted, and each look takes the step from what
/// is to what is wanted, however often and from however many processors the wish has changed in between.
/// <code>
///             CC.EN = 1, fields good                     reset wanted
///  Disabled ──────────────────────────▶ Enabled ─────────────────────────▶ Resetting
///   ▲    │ CC.EN = 1, fields bad                                               │ all I/O tasks have stopped,
///   │    └──────────▶ Failed ── reset wanted ──▶ Disabled                      │ homes are private
///   └──────────────────────────────────────────────────────────────────────────┘
/// </code>
/// A reset is wanted from the write that takes CC.EN from 1 to 0, or the start of a function level reset, until
/// <see cref="RegisterFile.FinishReset"/>; so 1, 0, 1 in quick succession is a reset and then an enable.
/// </content>
internal sealed partial class AdminTask
{
    private readonly Action _finishReset;
    private ControllerPhase _phase;
    private ulong _enabling;

    private void FollowRegisters()
    {
        ControllerWish wish = _context.Registers.GetWish();
        if (wish.IsResetWanted)
        {
            if (_phase == ControllerPhase.Resetting)
                return;
            BeginReset();
            if (_phase == ControllerPhase.Resetting)
                return;
            wish = _context.Registers.GetWish();
        }
        if (_isPaused)
            return; // a reset only takes away; the rest is for the resume
        if (_phase == ControllerPhase.Disabled && wish.Configuration.Enable)
            Enable(wish);
        if (_phase != ControllerPhase.Resetting)
            FollowShutdown(wish.Configuration.ShutdownNotification);
    }

    private void Enable(in ControllerWish wish)
    {
        if (!CanEnable(wish))
        {
            SetPhase(ControllerPhase.Failed);
            _context.Registers.SetFatal();
            return;
        }
        _enabling++;
        _queues.SetMechanism(wish.Configuration.ArbitrationMechanism);
        OpenQueues(wish, DoorbellPosition.AtStart, DoorbellPosition.AtStart);
        SetPhase(ControllerPhase.Enabled);
        _context.Registers.TrySetReady(); // where it is refused, the reset that is wanted follows with the next look
    }

    private bool CanEnable(in ControllerWish wish)
    {
        ControllerConfiguration configuration = wish.Configuration;
        GuestMemory memory = _context.Options.Memory;
        return HasGoodFields(configuration, wish.AdminQueueAttributes)
            && configuration.IoSubmissionEntrySize is 0 or QueueCommands.SubmissionEntrySize
            && configuration.IoCompletionEntrySize is 0 or QueueCommands.CompletionEntrySize
            && IsReachable(memory, wish.AdminSubmissionQueue, GuestAccess.ReadOnly)
            && IsReachable(memory, wish.AdminCompletionQueue, GuestAccess.ReadWrite);
    }

    /// <summary>What a controller cannot be enabled without, and cannot lose while it is.</summary>
    private static bool HasGoodFields(ControllerConfiguration configuration, AdminQueueAttributes queues) =>
        // AQA is 0-based; a queue of one entry could never hold a command, so its size 0 is refused.
        configuration.CommandSetSelected is 0 or 6
            && configuration.MemoryPageSize == 0
            && configuration.ArbitrationMechanism
                is ArbitrationMechanism.RoundRobin or ArbitrationMechanism.WeightedRoundRobin
            && queues.SubmissionQueueSize != 0
            && queues.CompletionQueueSize != 0;

    private static bool IsReachable(GuestMemory memory, ulong address, GuestAccess access) =>
        memory.IsReachable(address, GuestMemory.PageBytes, access);

    /// <summary>Nothing new is started; what is in flight is waited for by message.</summary>
    private void BeginReset()
    {
        bool wasEnabled = _phase == ControllerPhase.Enabled;
        SetPhase(ControllerPhase.Resetting);
        _shutdown = ShutdownStatus.Normal;
        _shutdownNumber++;
        if (wasEnabled)
            CloseQueues();
        _selfTest.OnReset(_context.Registers.IsClosed);
        _queues.StopAll(() => _selfTest.WhenQuiet(_finishReset));
    }

    private void FinishReset()
    {
        _context.Doorbells.UsePrivate();
        _features.Reset();
        _events.Reset();
        _aborts.Reset();
        _context.ChangedNamespaces.Clear();
        _context.Interrupts.ClearMask(uint.MaxValue);
        SetPhase(ControllerPhase.Disabled);
        _context.Registers.FinishReset();
        LookAtRegisters(); // whatever has been written meanwhile
    }

    private void SetPhase(ControllerPhase phase)
    {
        _phase = phase;
        NvmeEvents.Log.ReportState(_context.Options.Serial, phase);
    }
}
