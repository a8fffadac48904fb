using NvmeDoorbell.Doorbells;
using NvmeDoorbell.Queues;
using NvmeDoorbell.Spec;

namespace NvmeDoorbell.Controller;

/// <content>
/// The admin queue: fetch, execute, post. Completions leave in the order in which commands end; while one waits for
/// room in the completion queue, nothing more is fetched, and the head doorbell is followed.
/// </content>
internal sealed partial class AdminTask
{
    private const int BurstCommands = 16;

    private readonly Stack<AdminCommand> _pool = new();
    private readonly Queue<AdminCommand> _ended = new();
    private SubmissionQueue _submissions = null!;
    private CompletionQueue _completions = null!;
    private QueueInterrupt _interrupt = null!;
    private int _posted;
    private int _underWay; // commands that have been fetched and not ended, parked event requests included

    /// <inheritdoc/>
    public void Complete(AdminCommand command, StatusCode status)
    {
        if (command.Enabling != _enabling || _phase != ControllerPhase.Enabled)
            return;
        command.Status = status.WithDoNotRetry();
        _underWay--;
        _ended.Enqueue(command);
    }

    private void OpenQueues(in ControllerWish wish, DoorbellPosition tailPosition, DoorbellPosition headPosition)
    {
        uint submissionEntries = wish.AdminQueueAttributes.SubmissionQueueSize + 1u;
        uint completionEntries = wish.AdminQueueAttributes.CompletionQueueSize + 1u;
        DoorbellState tail = _context.Doorbells.Open(DoorbellMemory.TailId(0), submissionEntries, tailPosition);
        DoorbellState head = _context.Doorbells.Open(DoorbellMemory.HeadId(0), completionEntries, headPosition);
        _submissions = new SubmissionQueue(
            0, wish.AdminSubmissionQueue, submissionEntries, _context.Options.Memory, tail);
        _completions = new CompletionQueue(
            0, wish.AdminCompletionQueue, completionEntries, _context.Options.Memory, head, 0, interruptsEnabled: true);
        _interrupt = new QueueInterrupt(_context.Interrupts, vector: 0, isEnabled: true);
    }

    private void CloseQueues()
    {
        _context.Doorbells.Close(DoorbellMemory.TailId(0));
        _context.Doorbells.Close(DoorbellMemory.HeadId(0));
        _interrupt.Close();
        _ended.Clear();
        _underWay = 0;
    }

    private bool Serve()
    {
        LookAtHead();
        bool worked = PostEnded();
        worked |= FetchAndExecute();
        if (_events.HasRaised)
        {
            _events.Deliver();
            worked = true;
        }
        worked |= PostEnded();
        _interrupt.Update(_posted, !_completions.IsEmpty);
        _posted = 0;
        return worked;
    }

    private bool FetchAndExecute()
    {
        int served = 0;
        while (served < BurstCommands && _ended.Count == 0 && _completions.FreeEntries > 0)
        {
            FetchResult found = _submissions.TryFetch(out SubmissionEntry entry);
            if (found == FetchResult.InvalidDoorbell)
            {
                ReportInvalidValue(_submissions.Doorbell.Id);
                served++;
                continue; // entries from before the false tail are still to be taken
            }
            if (found != FetchResult.Fetched)
                break;
            served++;
            Execute(entry);
            PostEnded();
        }
        return served != 0;
    }

    private void Execute(in SubmissionEntry entry)
    {
        if (!_pool.TryPop(out AdminCommand? command))
            command = new AdminCommand();
        command.Begin(entry, _enabling);
        _underWay++;
        if (_commands.Execute(command) is { } status)
            Complete(command, status);
    }

    private bool PostEnded()
    {
        bool worked = false;
        while (_ended.TryPeek(out AdminCommand? command))
        {
            ushort commandId = command.Entry.CommandId;
            if (!_completions.TryPost(command.Result, _submissions.Head, 0, commandId, command.Status))
                break;
            _ended.Dequeue();
            bool isError = !command.Status.IsSuccess();
            _context.Counters.CountAdminCommand(isError);
            if (isError)
            {
                _context.ErrorLog.Add(new ErrorEntry
                {
                    CommandId = commandId,
                    Opcode = command.Entry.Opcode,
                    Status = command.Status,
                    Location = command.ErrorLocation,
                    NamespaceId = command.Entry.NamespaceId,
                });
                NvmeEvents.Log.ReportCommand(_context.Options.Serial, 0, command.Status);
            }
            _pool.Push(command);
            _posted++;
            worked = true;
        }
        return worked;
    }

    private void LookAtHead()
    {
        if (_completions.Look() == HeadResult.InvalidDoorbell)
            ReportInvalidValue(_completions.Doorbell.Id);
    }

    private void ReportInvalidValue(int doorbellId)
    {
        _context.Counters.CountInvalidRing();
        _context.ErrorLog.AddForQueue((ushort)(doorbellId / 2));
        NvmeEvents.Log.ReportDoorbell(
            _context.Options.Serial, doorbellId, AsynchronousEvent.InvalidDoorbellWriteValue);
        _events.Raise(AsynchronousEvent.InvalidDoorbellWriteValue);
    }

    private bool FollowsHead =>
        _ended.Count > 0 || _completions.FreeEntries == 0 || (_interrupt.FollowsHead && !_completions.IsEmpty);

    private bool ArmQueues()
    {
        _submissions.Arm(Waker);
        bool canSleep = _submissions.CanSleep;
        if (FollowsHead)
        {
            _completions.Arm(Waker);
            canSleep &= _completions.CanSleep;
        }
        else
        {
            _completions.Unfollow();
        }
        return canSleep;
    }

    private bool HasCommands()
    {
        if (_events.HasRaised || (FollowsHead && _completions.HasChanged))
            return true;
        // With a completion that cannot be posted nothing is fetched, whatever the tail says.
        if (_ended.Count > 0)
            return _completions.FreeEntries > 0 && _completions.IsMapChanged;
        return _completions.FreeEntries > 0 && _submissions.HasChanged;
    }
}
