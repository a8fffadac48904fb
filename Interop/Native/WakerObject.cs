using System.Diagnostics;
using NvmeDoorbell.Doorbells;

namespace NvmeDoorbell.Interop.Native;

/// <summary>A waker that calls back into native code, behind a handle.</summary>
// SAFETY: the waker's cell is pooled and never unmapped.
internal sealed unsafe class WakerObject(nint function, nint context) : NativeObject
{
    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(1);

    public Waker Waker { get; } = Waker.FromNative(function, context);

    /// <summary>Dispose waits for calls under way, so it must not be asked from inside one: that would wait for itself.
    /// An inline ring calls without passing here, so the count of calls under way is all there is to tell.</summary>
    protected override int Release()
    {
        long start = Stopwatch.GetTimestamp();
        SpinWait spin = default;
        while (Volatile.Read(ref Waker.Cell->Waking) != 0)
        {
            if (Stopwatch.GetElapsedTime(start) > CallTimeout)
                return LastError.Set(Status.Busy, "The waker is being called, perhaps by this very thread.");
            spin.SpinOnce();
        }

        Waker.Dispose();
        return Status.Ok;
    }
}
