using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace NvmeDoorbell.VfioUser.Transport;

/// <summary>
/// Keeps this process alive when a client cuts a file that is mapped here: <c>bus_error_guard.c</c>, which is linked into
/// the executable. Where the code runs in the managed runtime, as in tests, there is none.
/// </summary>
/// <remarks>Mappings are added and removed by one thread at a time: the session's.</remarks>
internal static partial class BusErrorGuard
{
    private const string Library = "nvmedb-guard";

    // The executable alone is made without dynamic code.
    private static readonly bool _isThere = !RuntimeFeature.IsDynamicCodeSupported && Install() == 0;

    /// <summary>How many mappings have been replaced by zeroed memory, ever.</summary>
    public static uint Replaced => _isThere ? CountReplaced() : 0;

    /// <summary>Whose connection is ended where one is replaced; null: nobody's. It must not be closed meanwhile.</summary>
    public static void SetConnection(UnixStream? stream)
    {
        if (_isThere)
            SetSocket(stream?.Number ?? -1);
    }

    /// <summary>Guards a mapping.</summary>
    /// <returns>For <see cref="Remove"/>; negative: it is not guarded.</returns>
    public static int Add(nint address, nuint lengthBytes) => _isThere ? AddRange(address, lengthBytes) : -1;

    /// <summary>Guards it no longer. Before it is unmapped.</summary>
    public static void Remove(int place)
    {
        if (place >= 0)
            RemoveRange(place);
    }

    [LibraryImport(Library, EntryPoint = "nvmedb_guard_install")]
    private static partial int Install();

    [LibraryImport(Library, EntryPoint = "nvmedb_guard_connection")]
    private static partial void SetSocket(int socket);

    [LibraryImport(Library, EntryPoint = "nvmedb_guard_add")]
    private static partial int AddRange(nint address, nuint lengthBytes);

    [LibraryImport(Library, EntryPoint = "nvmedb_guard_remove")]
    private static partial void RemoveRange(int place);

    [LibraryImport(Library, EntryPoint = "nvmedb_guard_replaced")]
    private static partial uint CountReplaced();
}
