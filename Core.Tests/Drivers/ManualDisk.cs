using System.Collections.Concurrent;
using NvmeDoorbell.Storage;

namespace NvmeDoorbell.Tests.Drivers;

/// <summary>
/// A disk that keeps every request until the test completes it: in any order, from any thread, twice, or never. It can
/// also answer at once, throw, or give a request up when it is asked to.
/// </summary>
internal sealed class ManualDisk : ICancellingDisk
{
    public int BlockBytes { get; init; } = 512;

    public ulong LengthBytes { get; init; } = 1 << 20;

    public bool IsReadOnly { get; init; }

    /// <summary>What Submit returns where it is not Pending.</summary>
    public DiskStatus Answer { get; set; } = DiskStatus.Pending;

    /// <summary>Submit completes the request itself, and then returns <see cref="Answer"/> all the same.</summary>
    public bool CompletesEarly { get; set; }

    public Exception? Throws { get; set; }

    /// <summary>What it does with a request, and a token, that it is asked to end; null: nothing.</summary>
    public Func<DiskRequest, ulong, bool>? Cancelling { get; set; }

    /// <summary>Requests that wait, oldest first, with the token of their submission.</summary>
    public ConcurrentQueue<(DiskRequest Request, ulong Token)> Waiting { get; } = new();

    /// <summary>What was submitted, as it was then.</summary>
    public ConcurrentQueue<(DiskOperation Operation, ulong Offset, ulong Length, bool Fua)> Seen { get; } = new();

    public DiskStatus Submit(DiskRequest request)
    {
        Seen.Enqueue((request.Operation, request.OffsetBytes, request.LengthBytes, request.ForceUnitAccess));
        if (Throws is { } exception)
            throw exception;
        if (CompletesEarly)
            request.Complete(request.Token, DiskStatus.Success);
        else if (Answer == DiskStatus.Pending)
            Waiting.Enqueue((request, request.Token));
        return Answer;
    }

    public bool TryCancel(DiskRequest request, ulong token) => Cancelling?.Invoke(request, token) ?? false;

    /// <summary>A <see cref="Cancelling"/> that gives the request up at once.</summary>
    public static bool GiveUp(DiskRequest request, ulong token)
    {
        Assert.That(request.Complete(token, DiskStatus.Aborted), Is.True);
        return true;
    }

    /// <summary>Completes the oldest request that waits.</summary>
    public void CompleteOne(DiskStatus status = DiskStatus.Success)
    {
        Assert.That(Waiting.TryDequeue(out (DiskRequest Request, ulong Token) waiting), Is.True, "a request waits");
        Assert.That(waiting.Request.Complete(waiting.Token, status), Is.True);
    }

    /// <summary>Completes all that wait.</summary>
    public void CompleteAll(DiskStatus status = DiskStatus.Success)
    {
        while (!Waiting.IsEmpty)
            CompleteOne(status);
    }

    public void Dispose()
    {
    }
}
