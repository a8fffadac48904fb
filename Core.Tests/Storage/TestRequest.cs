using System.Diagnostics;
using NvmeDoorbell.Storage;

namespace NvmeDoorbell.Tests.Storage;

/// <summary>A request whose owner is a test: it is submitted, waited for, and counts its completions.</summary>
internal sealed class TestRequest(int segmentCapacity = 64) : DiskRequest(segmentCapacity)
{
    private int _completions;
    private int _status;

    /// <summary>Completions since the request was made; each submission that a disk has kept has one.</summary>
    public int Completions => Volatile.Read(ref _completions);

    public DiskStatus Status => (DiskStatus)Volatile.Read(ref _status);

    /// <summary>Called by the completing thread before the completion is counted.</summary>
    public Action<TestRequest>? Completing { get; set; }

    /// <summary>Begins and submits. The status is final, or the completion follows.</summary>
    public DiskStatus SubmitTo(IDisk disk)
    {
        Begin();
        DiskStatus status = disk.Submit(this);
        if (status == DiskStatus.Pending)
            return status;
        if (!TryClaim())
            throw new InvalidOperationException("The disk has completed a request whose status it has returned.");
        return status;
    }

    /// <summary>Begins, submits, and waits for the end of it. Allocates nothing.</summary>
    public DiskStatus RunOn(IDisk disk)
    {
        int before = Completions;
        DiskStatus status = SubmitTo(disk);
        if (status != DiskStatus.Pending)
            return status;
        long start = Stopwatch.GetTimestamp();
        SpinWait spin = default;
        while (Completions == before)
        {
            if (Stopwatch.GetElapsedTime(start) > TimeSpan.FromSeconds(30))
                throw new TimeoutException($"The disk has not completed a {Operation} in 30 s.");
            spin.SpinOnce(sleep1Threshold: -1);
        }
        return Status;
    }

    public new void Begin() => base.Begin();

    public new bool TryClaim() => base.TryClaim();

    /// <summary>One segment: all of <paramref name="ram"/>, to or from <paramref name="offsetBytes"/>.</summary>
    public TestRequest Set(DiskOperation operation, ulong offsetBytes, GuestRam ram) =>
        Set(operation, offsetBytes, ram, [ram.Bytes.Length]);

    /// <summary>
    /// Segments of the lengths given, from the start of <paramref name="ram"/> but last one first, so that they do not
    /// follow on from each other.
    /// </summary>
    public TestRequest Set(DiskOperation operation, ulong offsetBytes, GuestRam ram, ReadOnlySpan<int> lengths)
    {
        Operation = operation;
        ForceUnitAccess = false;
        MayDeallocate = false;
        OffsetBytes = offsetBytes;
        ClearSegments();
        int total = 0;
        foreach (int length in lengths)
            total += length;
        int end = total;
        foreach (int length in lengths)
        {
            end -= length;
            if (!AddSegment(ram.Address + end, (nuint)length))
                throw new InvalidOperationException("More segments than the request has room for.");
        }
        LengthBytes = (ulong)total;
        return this;
    }

    /// <summary>A request without segments.</summary>
    public TestRequest Set(DiskOperation operation, ulong offsetBytes = 0, ulong lengthBytes = 0)
    {
        Operation = operation;
        ForceUnitAccess = false;
        MayDeallocate = false;
        OffsetBytes = offsetBytes;
        LengthBytes = lengthBytes;
        ClearSegments();
        return this;
    }

    protected override void OnCompleted(DiskStatus status)
    {
        Completing?.Invoke(this);
        Volatile.Write(ref _status, (int)status);
        Interlocked.Increment(ref _completions);
    }
}
