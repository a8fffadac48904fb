using System.ComponentModel;
using System.Runtime.InteropServices;

namespace NvmeDoorbell.VfioUser.Transport;

/// <summary>A stretch of a descriptor, mapped shared into this process until it is disposed.</summary>
internal sealed class Mapping : IDisposable
{
    private const int SeekEnd = 2;

    private readonly int _guard;
    private nint _address;

    private Mapping(nint address, nuint lengthBytes)
    {
        _address = address;
        LengthBytes = lengthBytes;
        _guard = BusErrorGuard.Add(address, lengthBytes);
    }

    /// <summary>Where it lies; 0 once disposed.</summary>
    public nint Address => _address;

    /// <summary>How long it is.</summary>
    public nuint LengthBytes { get; }

    /// <summary>Maps a stretch of a descriptor.</summary>
    /// <param name="descriptor">The descriptor; it may be closed afterwards.</param>
    /// <param name="offset">Where in it, a multiple of a page.</param>
    /// <param name="lengthBytes">How much, a multiple of a page, not 0.</param>
    /// <param name="canWrite">Whether it is mapped for writing too.</param>
    /// <returns>Null: it ends before the stretch does, or cannot be mapped so.</returns>
    public static Mapping? TryCreate(Descriptor descriptor, ulong offset, ulong lengthBytes, bool canWrite)
    {
        // A touch behind the end of a file is a signal; see BusErrorGuard for a file that is cut later.
        long end = Libc.Seek(descriptor, 0, SeekEnd);
        if (end < 0 || offset > (ulong)end || lengthBytes > (ulong)end - offset)
            return null;
        int protection = canWrite ? Libc.ProtectRead | Libc.ProtectWrite : Libc.ProtectRead;
        nint address = Libc.Map(0, (nuint)lengthBytes, protection, Libc.MapShared, descriptor, (long)offset);
        return address == -1 ? null : new Mapping(address, (nuint)lengthBytes);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        nint address = Interlocked.Exchange(ref _address, 0);
        if (address == 0)
            return;
        BusErrorGuard.Remove(_guard);
        if (Libc.Unmap(address, LengthBytes) != 0)
            throw new Win32Exception(Marshal.GetLastPInvokeError());
    }
}
