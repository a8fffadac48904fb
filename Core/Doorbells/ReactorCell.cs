using System.Runtime.InteropServices;

namespace NvmeDoorbell.Doorbells;

/// <summary>
/// What threads that wake a reactor touch: <c>nvmedb_reactor_cell</c> of the C header. Never unmapped while the process
/// lives. The two words lie 128 bytes apart: a reactor that polls <see cref="Ready"/> does not see its line move when
/// <see cref="Park"/> is written.
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = SizeBytes)]
internal struct ReactorCell
{
    public const int SizeBytes = 256;

    public const uint Awake = 0;
    public const uint Parked = 1;

    /// <summary>Another thread runs the reactor while its own is parked; to wakers as good as awake.</summary>
    public const uint Lent = 2;

    /// <summary>Waker cells that were made ready, newest first; 0: none.</summary>
    [FieldOffset(0)] public nint Ready;

    /// <summary>The futex word: <see cref="Awake"/>, <see cref="Parked"/> or <see cref="Lent"/>.</summary>
    [FieldOffset(128)] public uint Park;
}
