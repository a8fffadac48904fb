using NvmeDoorbell.VfioUser.Transport;

namespace NvmeDoorbell.Tests.Fuzz.Bytes;

/// <summary>What a client can hand over: memory, eventfds, and descriptors of which a server can make nothing.</summary>
internal sealed class VfioBelongings : IDisposable
{
    /// <summary>The guest's RAM, and the part of the name by which its mappings and descriptors are known.</summary>
    public const string Name = "fuzz-vfio";

    public const int RamBytes = 64 << 10;

    private const int NonBlocking = 0x800;

    private readonly MemoryFile _ram = new(Name, RamBytes);
    private readonly MemoryFile _short = new(Name + "-short", 4096);
    private readonly Descriptor _event = new(Libc.CreateEvent(0, NonBlocking));
    private readonly Descriptor _blockingEvent = new(Libc.CreateEvent(0, 0));
    private readonly FileStream _readOnly = File.OpenRead("/proc/self/status");
    private readonly FileStream _nothing = new("/dev/null", FileMode.Open, FileAccess.ReadWrite);
    private readonly int[] _numbers;

    public VfioBelongings() => _numbers =
    [
        _ram.Number, _event.Number, _blockingEvent.Number, _short.Number,
        (int)_readOnly.SafeFileHandle.DangerousGetHandle(), (int)_nothing.SafeFileHandle.DangerousGetHandle(),
    ];

    /// <summary>The descriptor of a number: there is one for each.</summary>
    public int this[int number] => _numbers[number % _numbers.Length];

    // SAFETY: the file is mapped for RamBytes until it is disposed.
    public unsafe Span<byte> Ram => new((void*)_ram.Address, RamBytes);

    /// <summary>The client writes to an eventfd, or takes what was written.</summary>
    public void Touch(bool isBlocking, bool isWrite)
    {
        Descriptor touched = isBlocking ? _blockingEvent : _event;
        if (isWrite)
            _ = Libc.WriteCounter(touched, 1, sizeof(ulong));
        else if (!isBlocking)
            _ = Libc.ReadCounter(touched, out _, sizeof(ulong));
    }

    /// <summary>What it all was at first.</summary>
    public void Restore()
    {
        Ram.Clear();
        _ = Libc.ReadCounter(_event, out _, sizeof(ulong));
        // The blocking one is read only where there is something.
        _ = Libc.WriteCounter(_blockingEvent, 1, sizeof(ulong));
        _ = Libc.ReadCounter(_blockingEvent, out _, sizeof(ulong));
    }

    /// <summary>Descriptors and mappings of this process that came from here, its own ones included.</summary>
    public static (int Descriptors, int Mappings) Count() => (
        Directory.EnumerateFiles("/proc/self/fd").Count(file => IsOurs(TargetOf(file))),
        File.ReadLines("/proc/self/maps").Count(line => line.Contains("memfd:" + Name, StringComparison.Ordinal)));

    public void Dispose()
    {
        _ram.Dispose();
        _short.Dispose();
        _event.Dispose();
        _blockingEvent.Dispose();
        _readOnly.Dispose();
        _nothing.Dispose();
    }

    private static bool IsOurs(string target) => target.Contains(Name, StringComparison.Ordinal)
        || target.Contains("eventfd", StringComparison.Ordinal) || target.Contains("nvmedb-doorbells", StringComparison.Ordinal);

    private static string TargetOf(string file)
    {
        try
        {
            return File.ResolveLinkTarget(file, returnFinalTarget: false)?.ToString() ?? "";
        }
        catch (IOException)
        {
            return ""; // closed since it was listed
        }
    }
}
