using System.Runtime.CompilerServices;
using NvmeDoorbell.Memory;
using NvmeDoorbell.Queues;
using NvmeDoorbell.Spec;
using NvmeDoorbell.Storage;

namespace NvmeDoorbell.Controller;

// The way of a command: fetch, start, finish, post.
internal sealed partial class IoTask
{
    // CDW0: FUSE in 9:8, PSDT in 15:14.
    private const uint UncommonForm = 0xC300;

    // Status Code Type 2h: Media and Data Integrity Errors.
    private const int MediaErrorType = 2;

    // Ended commands whose completions could not be posted, because the completion queue's memory is gone; oldest first.
    private IoRequest? _held;
    private IoRequest? _lastHeld;

    private int ServeBurst(IoQueue queue, int burst)
    {
        if (queue.IsClosed)
            return 0;
        ushort tail = queue.Submission.Tail;
        FetchResult found = queue.Submission.Look();
        if (found != FetchResult.Fetched && !IsWorthTaking(queue, found))
            return 0;
        if (queue.Submission.Tail != tail)
        {
            Counters.Doorbells++;
            queue.Noticed = _latency.Notice(afterRest: !_isBusy);
        }
        int served = 0;
        while (served < burst && _pool.FreeCount > 0)
        {
            if (_completions.FreeEntries <= _reserved && !MakeRoom())
            {
                _needsRoom = queue.Submission.Head != queue.Submission.Tail;
                break;
            }
            found = queue.Submission.TryTake(out SubmissionEntry entry);
            if (found != FetchResult.Fetched)
            {
                if (found == FetchResult.MemoryFault)
                    ReportFault(queue);
                break;
            }
            served++;
            Start(queue, in entry);
            if (_held is not null)
                break;
        }
        if (served > 0)
            queue.IsFaulted = false;
        return served;
    }

    /// <summary>A look that found no new tail, or a false one. True: there are entries from before it.</summary>
    private bool IsWorthTaking(IoQueue queue, FetchResult found)
    {
        if (found == FetchResult.Closed)
            queue.IsClosed = true;
        if (found != FetchResult.InvalidDoorbell)
            return false;
        _context.Notices.OnInvalidDoorbellValue(queue.Submission.Doorbell.Id);
        return queue.Submission.Head != queue.Submission.Tail;
    }

    private bool MakeRoom()
    {
        LookAtHead();
        return _completions.FreeEntries > _reserved;
    }

    /// <summary>Runs a command. A disk that answers at once keeps the request in the pool and off every list.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Start(IoQueue queue, in SubmissionEntry entry)
    {
        if (((entry.Cdw0 & UncommonForm) | queue.IsFusing) != 0)
        {
            StartUncommon(queue, in entry);
            return;
        }
        IoRequest request = PeekFor(queue, in entry);
        OnStarted(request, request.Command.Start(_context, request, in entry));
    }

    /// <summary>The request of a command, which is still in the pool.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private IoRequest PeekFor(IoQueue queue, in SubmissionEntry entry)
    {
        IoRequest request = _pool.Peek();
        request.Queue = queue;
        request.Command = queue.Aborted is null ? _commands[entry.Opcode] : Choose(queue, in entry);
        request.Cdw0 = entry.Cdw0;
        request.NamespaceId = entry.NamespaceId;
        request.Lba = 0;
        request.Bounce?.Begin(GuestAccess.ReadOnly); // what a command left that was dropped
        return request;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void OnStarted(IoRequest request, StatusCode status)
    {
        if (status == IoCommand.Pending)
        {
            Take(request);
            HoldMemory(request);
        }
        else if (!TryPost(request, status, request.Queue.Noticed))
        {
            Take(request);
            Hold(request, status);
        }
    }

    /// <summary>The command of an entry that has just been taken from a queue where commands have been aborted.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private IoCommand Choose(IoQueue queue, in SubmissionEntry entry)
    {
        uint index = (queue.Submission.Head == 0 ? queue.Submission.Entries : queue.Submission.Head) - 1;
        return queue.Aborted!.Remove((ushort)index) ? AbortedCommand.Instance : _commands[entry.Opcode];
    }

    private void Take(IoRequest request)
    {
        _pool.Take(request);
        request.Queue.InFlight++;
        _reserved++;
        request.Noticed = request.Queue.Noticed;
    }

    /// <summary>Takes what disks have completed.</summary>
    private bool FinishCompleted()
    {
        IoRequest? request = _completed.TakeAll();
        if (request is null)
            return false;
        while (request is not null)
        {
            IoRequest? next = request.Link;
            request.Link = null;
            Finish(request);
            request = next;
        }
        OnRequestsReturned();
        return true;
    }

    private void Finish(IoRequest request)
    {
        if (_isStopped)
        {
            Drop(request);
            return;
        }
        // Until the next turn's questions are taken it goes to the disk, or is released no longer.
        request.IsReleased = request.ReleasedBy is not null;
        request.ReleasedBy = null;
        StatusCode status = request.IsAborted
            ? StatusCode.AbortRequested
            : request.Answer != DiskStatus.Pending
                ? request.Command.Continue(_context, request, request.Answer)
                : request.Command.Resume(_context, request);
        request.IsReleased = false;
        if (status == IoCommand.Pending)
            return;
        Action<bool>? aborting = request.Aborting;
        bool isAborted = status.WithoutFlags() == StatusCode.AbortRequested;
        End(request, isAborted && request.Namespace is { IsFenced: true } ? StatusCode.AbortedPreemptAndAbort : status);
        aborting?.Invoke(isAborted);
    }

    /// <summary>A command that was under way has ended.</summary>
    private void End(IoRequest request, StatusCode status)
    {
        ReleaseMemory(request);
        request.ReturnBuffer();
        if ((_held is null && TryPost(request, status, request.Noticed)) || request.Queue.IsRemoving)
            Return(request);
        else
            Hold(request, status);
    }

    /// <summary>A command that was under way ends here, and nobody is told.</summary>
    private void Drop(IoRequest request)
    {
        LeavePair(request);
        ReleaseMemory(request);
        request.ReturnBuffer();
        Return(request);
    }

    private void Return(IoRequest request)
    {
        request.Queue.InFlight--;
        _reserved--;
        _pool.Return(request);
    }

    /// <summary>Posts a completion. False: the completion queue's memory is gone; room there always is.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool TryPost(IoRequest request, StatusCode status, LatencySample noticed)
    {
        if (request.Bounce is { } bounce)
            status = IoContext.FinishBounce(bounce, status);
        SubmissionQueue queue = request.Queue.Submission;
        if (!_completions.TryPost(0, queue.Head, queue.Id, request.CommandId, status))
            return false;
        _posted++;
        Counters.Commands++;
        if (noticed.Weight != 0)
            _latency.Add(noticed);
        if (status != StatusCode.Success)
            ReportFailure(request, status);
        return true;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void ReportFailure(IoRequest request, StatusCode status)
    {
        Counters.Errors++;
        _mustInterrupt = true; // an error is not to wait for others
        if (status.Type() == MediaErrorType)
            Counters.MediaErrors++;
        _context.Notices.OnCommandFailed(new ErrorEntry
        {
            SqId = request.Queue.Submission.Id,
            CommandId = request.CommandId,
            Opcode = request.Opcode,
            Status = status,
            Lba = request.Lba,
            NamespaceId = request.NamespaceId,
        });
    }

    private void ReportFault(IoQueue queue)
    {
        if (queue.IsFaulted)
            return;
        queue.IsFaulted = true;
        _context.Notices.OnQueueMemoryFault(queue.Submission.Doorbell.Id);
    }

    /// <summary>Keeps an ended command until its completion can be posted.</summary>
    private void Hold(IoRequest request, StatusCode status)
    {
        request.Ended = status;
        if (_held is null)
            _context.Notices.OnQueueMemoryFault(_completions.Doorbell.Id);
        AddHeld(request);
    }

    private void AddHeld(IoRequest request)
    {
        if (_lastHeld is null)
            _held = request;
        else
            _lastHeld.Link = request;
        _lastHeld = request;
    }

    private bool IsHeld(IoRequest request)
    {
        IoRequest? held = _held;
        while (held is not null && held != request)
            held = held.Link;
        return held is not null;
    }

    /// <summary>Tries again to post what could not be posted.</summary>
    private bool PostHeld()
    {
        if (_held is null)
            return false;
        bool worked = false;
        while (_held is { } request && TryPost(request, request.Ended, request.Noticed))
        {
            _held = request.Link;
            request.Link = null;
            Return(request);
            worked = true;
        }
        if (_held is null)
            _lastHeld = null;
        if (worked)
            OnRequestsReturned();
        return worked;
    }

    /// <summary>Forgets held completions: of one queue, or of all.</summary>
    private void DropHeld(IoQueue? queue)
    {
        IoRequest? request = _held;
        _held = _lastHeld = null;
        while (request is not null)
        {
            IoRequest? next = request.Link;
            request.Link = null;
            if (queue is null || request.Queue == queue)
                Return(request);
            else
                AddHeld(request);
            request = next;
        }
    }
}
