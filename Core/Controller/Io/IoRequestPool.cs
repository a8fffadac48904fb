using System.Runtime.CompilerServices;
using NvmeDoorbell.Memory;

namespace NvmeDoorbell.Controller;

/// <summary>
/// The requests of one task, made before they are needed; used like a stack, so that the same few stay warm. The task's
/// thread only.
/// </summary>
internal sealed class IoRequestPool(IoTask task, int maxSegments) : IDisposable
{
    /// <summary>The most requests of a task: more in flight wait in their queues.</summary>
    public const int MaxRequests = 256;

    private readonly List<NativeBlock> _segments = [];
    private IoRequest[] _all = [];
    private IoRequest[] _free = [];

    /// <summary>Requests that can be taken.</summary>
    public int FreeCount { get; private set; }

    /// <summary>Every request, taken or not.</summary>
    public ReadOnlySpan<IoRequest> All => _all;

    /// <summary>Makes room for so many commands in flight; never shrinks. Allocates: when queues are created.</summary>
    public void Grow(int count)
    {
        int old = _all.Length;
        count = Math.Min(count, MaxRequests);
        if (count <= old)
            return;
        Array.Resize(ref _all, count);
        Array.Resize(ref _free, count);
        int segmentsBytes = maxSegments * Unsafe.SizeOf<GuestSegment>();
        var segments = new NativeBlock((nuint)(count - old) * (nuint)segmentsBytes);
        _segments.Add(segments);
        for (int i = old; i < count; i++)
        {
            _all[i] = new IoRequest(task, segments, (i - old) * segmentsBytes, maxSegments);
            _free[FreeCount++] = _all[i];
        }
    }

    /// <summary>The request that <see cref="Take"/> would take; there must be one.</summary>
    public IoRequest Peek() => _free[FreeCount - 1];

    /// <summary>Takes the request of the last <see cref="Peek"/>.</summary>
    public void Take(IoRequest request)
    {
        request.IsTaken = true;
        FreeCount--;
    }

    /// <summary>Gives a taken request back.</summary>
    public void Return(IoRequest request)
    {
        request.IsTaken = false;
        request.IsAborted = false;
        request.Aborting = null;
        request.Namespace = null;
        request.ReleasedBy = null;
        _free[FreeCount++] = request;
    }

    /// <summary>
    /// Frees the requests. Where a disk has one still, their memory stays: the disk may yet read it.
    /// </summary>
    public void Dispose()
    {
        if (FreeCount != _all.Length)
            return;
        FreeCount = 0;
        foreach (IoRequest request in _all)
        {
            request.Bounce?.Dispose();
            request.Dispose();
        }
        foreach (NativeBlock segments in _segments)
            segments.Dispose();
    }
}
