using System.Runtime.InteropServices;
using NvmeDoorbell.Storage;

namespace NvmeDoorbell.Tests.Fuzz;

/// <summary>The canaries' planted defects, once in so many writes.</summary>
internal sealed class LyingDisk(IDisk inner, LyingDisk.Lie lie) : IDisk
{
    private const int Every = 50;

    private readonly GuardedPages _gone = new(4096);
    private int _writes;

    /// <summary>What is wrong with it.</summary>
    public enum Lie
    {
        /// <summary>A write is acknowledged and not done.</summary>
        Forgets,

        /// <summary>It touches memory that has been withdrawn.</summary>
        Touches,

        /// <summary>It never completes a request.</summary>
        Keeps,
    }

    public int BlockBytes => inner.BlockBytes;

    public ulong LengthBytes => inner.LengthBytes;

    public bool IsReadOnly => inner.IsReadOnly;

    public DiskStatus Submit(DiskRequest request)
    {
        if (request.Operation != DiskOperation.Write || Interlocked.Increment(ref _writes) % Every != 0)
            return inner.Submit(request);
        switch (lie)
        {
            case Lie.Forgets:
                return DiskStatus.Success;
            case Lie.Touches:
                _gone.Withdraw();
                MemoryMarshal.GetReference(_gone.Span) = 1;
                return DiskStatus.Success;
            default:
                return DiskStatus.Pending;
        }
    }

    public void Dispose()
    {
        inner.Dispose();
        _gone.Dispose();
    }
}
