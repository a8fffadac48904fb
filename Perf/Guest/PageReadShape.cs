using System.Diagnostics;
using System.Runtime.InteropServices;
using NvmeDoorbell.Perf.Harness;
using NvmeDoorbell.Perf.Peers;

namespace NvmeDoorbell.Perf.Guest;

/// <summary>
/// The file of <see cref="DiskKind.CachedFile"/> read at random by one native thread on the reactor's CPU, into as many
/// pages as the entries of a queue have: the system calls that the disk makes, and nothing around them.
/// </summary>
internal sealed class PageReadShape : Shape
{
    private const int PageBytes = 4096;
    private const int Pages = GuestQueue.Entries;

    private readonly uint[] _places = new uint[Pages];
    private readonly nint _memory;

    public PageReadShape(string name)
        : base(name)
    {
        var random = new Random(1);
        var places = (long)DiskKind.CachedFile.Disk.LengthBytes / PageBytes;
        for (var i = 0; i < Pages; i++) _places[i] = (uint)random.NextInt64(places);
        unsafe
        {
            // SAFETY: ours until Dispose; all of it is read into before anything is measured.
            _memory = (nint)NativeMemory.AlignedAlloc(Pages * PageBytes, PageBytes);
        }
        Time(Pages);
    }

    public override void Dispose()
    {
        unsafe
        {
            // SAFETY: it was allocated so, and no call is under way.
            NativeMemory.AlignedFree((void*)_memory);
        }
        base.Dispose();
    }

    protected override double Time(int operations)
    {
        using var pin = new CpuPin(IoShape.ReactorCpu);
        var begin = Stopwatch.GetTimestamp();
        if (PeersLibrary.ReadPages(DiskKind.FilePath, _memory, in _places[0], Pages, (uint)operations) != 0)
            throw new IOException($"{DiskKind.FilePath} cannot be read.");
        return NsSince(begin, operations);
    }
}
