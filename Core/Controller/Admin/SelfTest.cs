using NvmeDoorbell.Spec;
using NvmeDoorbell.Storage;

namespace NvmeDoorbell.Controller;

/// <summary>
/// Device Self-test and its log page (NVMe Base 2.0, "Device Self-test command", "Device Self-test Operations").
/// </summary>
/// <remarks>
/// On the admin task's turn. The command ends when the test has begun; the test goes on in steps, one read of a disk at a
/// time, beside everything else. A reset ends a short test; an extended one goes on through it, and reads no memory of
/// the guest's.
/// </remarks>
internal sealed partial class SelfTest
{
    /// <summary>EDSTT: minutes that an extended test is expected to take.</summary>
    public const ushort ExtendedMinutes = 2;

    private const int Results = 20;
    private const int HeaderBytes = 4;
    private const int LogLengthBytes = HeaderBytes + Results * SelfTestResult.LengthBytes;
    private const byte NotUsed = (byte)SelfTestOutcome.NotUsed;
    private const byte MemorySegment = 1;
    private const byte NamespaceSegment = 2;
    private const int CodeByte = 40;
    private const int NamespaceIdByte = 4;

    private readonly ControllerContext _context;
    private readonly IAdminCompletion _admin;
    private readonly AsynchronousEvents _events;
    private readonly List<SelfTestResult> _results = []; // newest first
    private readonly List<SelfTestRun> _abandoned = []; // over, with a read under way
    private readonly WaitList _waits = new();
    private SelfTestRun? _run;
    private bool _isPaused;

    public SelfTest(
        ControllerContext context,
        IAdminCompletion admin,
        AsynchronousEvents events,
        AdminCommandTable table,
        LogPageCommands pages)
    {
        _context = context;
        _admin = admin;
        _events = events;
        table.Add(AdminOpcode.DeviceSelfTest, Execute);
        pages.Add(LogPageId.DeviceSelfTest, LogLengthBytes, WriteLog);
    }

    /// <summary>A reset begins.</summary>
    /// <param name="isFinal">The controller ends.</param>
    public void OnReset(bool isFinal)
    {
        if (_run is { } run && (isFinal || run.Code == SelfTestCode.ShortTest))
            End(new SelfTestResult(run.Code, SelfTestOutcome.AbortedByReset, Hours, run.NamespaceId));
    }

    /// <summary>Starts no read until <see cref="Resume"/>.</summary>
    public void Pause() => _isPaused = true;

    /// <summary>No disk has a read of it.</summary>
    public bool IsStill => _run is not { IsReading: true } && _abandoned.Count == 0;

    /// <summary>Goes on with the test that there is.</summary>
    public void Resume()
    {
        _isPaused = false;
        if (_run is { } run)
            _admin.Post(() => Advance(run));
    }

    /// <summary>Ends a test that has a namespace still to read, or any test for <see cref="NamespaceIds.All"/>.</summary>
    public void AbortFor(uint nsid, SelfTestOutcome outcome)
    {
        if (_run is { } run && (nsid == NamespaceIds.All || run.Uses(nsid)))
            End(new SelfTestResult(run.Code, outcome, Hours, run.NamespaceId));
    }

    /// <summary>Calls back when no read of a test that is over is under way.</summary>
    public void WhenQuiet(Action done) => WaitFor(() => _abandoned.Count == 0, done);

    /// <summary>
    /// Ends a test of a namespace that has been taken away, and calls back when no read of it is under way. One that has
    /// changed is read on as it is now.
    /// </summary>
    public void WhenUnused(Namespace removed, Action done)
    {
        if (_context.Namespaces.TryGet(removed.Id, out _))
        {
            done();
            return;
        }
        AbortFor(removed.Id, SelfTestOutcome.AbortedByNamespaceRemoval);
        WaitFor(() => !_abandoned.Exists(run => run.Current?.Id == removed.Id), done);
    }

    private ulong Hours => (ulong)_context.Counters.Age.TotalHours;

    private StatusCode? Execute(AdminCommand command)
    {
        uint nsid = command.Entry.NamespaceId;
        switch ((SelfTestCode)(command.Entry.Cdw10 & 0xF))
        {
            case SelfTestCode.ShortTest or SelfTestCode.ExtendedTest:
                StatusCode status = Choose(nsid, out Namespace[] targets);
                if (status != StatusCode.Success)
                    return command.Refuse(status, NamespaceIdByte);
                if (_run is not null)
                    return StatusCode.DeviceSelfTestInProgress;
                Begin(new SelfTestRun((SelfTestCode)(command.Entry.Cdw10 & 0xF), nsid, targets));
                return StatusCode.Success;
            case SelfTestCode.Abort:
                AbortFor(NamespaceIds.All, SelfTestOutcome.AbortedByCommand);
                return StatusCode.Success;
            default:
                return command.Refuse(StatusCode.InvalidField, CodeByte);
        }
    }

    private StatusCode Choose(uint nsid, out Namespace[] targets)
    {
        targets = [];
        if (nsid == NamespaceIds.None)
            return StatusCode.Success;
        if (nsid == NamespaceIds.All)
        {
            var all = new List<Namespace>();
            foreach (Namespace? target in _context.Namespaces.All)
            {
                if (target is not null)
                    all.Add(target);
            }
            targets = [.. all];
            return StatusCode.Success;
        }
        if (nsid > NamespaceTable.MaxId)
            return StatusCode.InvalidNamespaceOrFormat;
        if (!_context.Namespaces.TryGet(nsid, out Namespace? one))
            return StatusCode.InvalidField; // not active
        targets = [one];
        return StatusCode.Success;
    }

    private void Begin(SelfTestRun run)
    {
        _run = run;
        _admin.Post(() => Advance(run));
    }

    /// <summary>Takes the next step, unless one is under way.</summary>
    private void Advance(SelfTestRun run)
    {
        if (_isPaused || run.IsOver || run.IsReading)
            return;
        if (run.TestMemory())
            Step(run);
        else
            EndFailed(run, MemorySegment, null, StatusCode.InternalError);
    }

    private void Step(SelfTestRun run)
    {
        if (run.Current is not { } current)
            End(new SelfTestResult(run.Code, SelfTestOutcome.Passed, Hours, run.NamespaceId));
        else if (!_context.Namespaces.TryGet(current.Id, out Namespace? now))
            AbortFor(current.Id, SelfTestOutcome.AbortedByNamespaceRemoval);
        else if (now.Unavailable != StatusCode.Success)
            AbortFor(current.Id, OutcomeOf(now.Unavailable));
        else
            run.ReadNext(now, status => _admin.Post(() => OnRead(run, status)));
    }

    private static SelfTestOutcome OutcomeOf(StatusCode unavailable) => unavailable.WithoutFlags() switch
    {
        StatusCode.FormatInProgress => SelfTestOutcome.AbortedByFormat,
        StatusCode.SanitizeInProgress => SelfTestOutcome.AbortedBySanitize,
        _ => SelfTestOutcome.Aborted,
    };

    private void OnRead(SelfTestRun run, DiskStatus answer)
    {
        uint nsid = run.Current!.Id;
        ulong block = run.CurrentBlock;
        run.OnRead();
        if (run.IsOver)
        {
            _abandoned.Remove(run);
            run.Free();
            _waits.Look();
        }
        else if (answer == DiskStatus.Success)
        {
            Advance(run);
        }
        else
        {
            EndFailed(run, NamespaceSegment, (nsid, block), StatusCode.UnrecoveredReadError);
        }
    }

    private void EndFailed(SelfTestRun run, byte segment, (uint Nsid, ulong Block)? at, StatusCode status)
    {
        End(new SelfTestResult(
            run.Code, SelfTestOutcome.KnownSegmentFailed, Hours, at?.Nsid ?? run.NamespaceId, segment, at?.Block, status));
        _events.Raise(AsynchronousEvent.DiagnosticFailure);
    }

    private void End(SelfTestResult result)
    {
        SelfTestRun run = _run!;
        _run = null;
        run.IsOver = true;
        _results.Insert(0, result);
        if (_results.Count > Results)
            _results.RemoveAt(Results);
        if (run.IsReading)
            _abandoned.Add(run);
        else
            run.Free();
    }

    private void WaitFor(Func<bool> isOver, Action done)
    {
        _waits.Add(isOver, done);
        _waits.Look();
    }

    private StatusCode WriteLog(AdminCommand command, Span<byte> page)
    {
        if (_run is { } run)
        {
            page[0] = (byte)run.Code;
            page[1] = (byte)run.Percent;
        }
        for (int index = 0; index < Results; index++)
        {
            Span<byte> entry = page.Slice(HeaderBytes + index * SelfTestResult.LengthBytes, SelfTestResult.LengthBytes);
            if (index < _results.Count)
                _results[index].Write(entry);
            else
                entry[0] = NotUsed;
        }
        return StatusCode.Success;
    }
}
