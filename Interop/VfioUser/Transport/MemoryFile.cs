using System.ComponentModel;
using System.Runtime.InteropServices;

namespace NvmeDoorbell.VfioUser.Transport;

/// <summary>Zeroed memory of this process with a descriptor, so that another process can map it too.</summary>
internal sealed class MemoryFile : IDisposable
{
    private const uint CloseOnExec = 1;
    private const uint AllowSealing = 2;
    private const int AddSeals = 1033; // F_ADD_SEALS
    private const int SealLength = 1 | 2 | 4; // no further seals, no shrinking, no growing

    private readonly Descriptor _descriptor;
    private readonly Mapping _mapping;

    /// <param name="name">For the list of the process's mappings.</param>
    /// <param name="lengthBytes">A multiple of a page.</param>
    /// <exception cref="Win32Exception">The system has no such memory.</exception>
    public MemoryFile(string name, ulong lengthBytes)
    {
        int number = Libc.CreateMemoryFile(name, CloseOnExec | AllowSealing);
        if (number < 0)
            throw new Win32Exception(Marshal.GetLastPInvokeError());
        _descriptor = new Descriptor(number);
        // Sealed: a client that cut it would have this process end at its next look.
        if (Libc.SetLength(_descriptor, (long)lengthBytes) != 0
            || Libc.Control(_descriptor, AddSeals, SealLength) != 0
            || Mapping.TryCreate(_descriptor, 0, lengthBytes, canWrite: true) is not { } mapping)
        {
            int error = Marshal.GetLastPInvokeError();
            _descriptor.Dispose();
            throw new Win32Exception(error);
        }
        _mapping = mapping;
    }

    /// <summary>Its descriptor.</summary>
    public int Number => _descriptor.Number;

    /// <summary>Where it lies here.</summary>
    public nint Address => _mapping.Address;

    /// <inheritdoc/>
    public void Dispose()
    {
        _mapping.Dispose();
        _descriptor.Dispose();
    }
}
