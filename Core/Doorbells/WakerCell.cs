using System.Runtime.InteropServices;

namespace NvmeDoorbell.Doorbells;

/// <summary>
/// One sleeper in native memory: <c>nvmedb_waker_cell</c> of the C header. Never unmapped while the process lives, so
/// that a ring that still holds its address can do no harm.
/// </summary>
/// <remarks>
/// <see cref="State"/> is one word, the number of the sleep, who fences, and one of three states:
/// <code>
///            BeginSleep (owner)            Claim (any thread, CompareExchange)
///  Running ───────────────────▶ Sleeping ───────────────────────────────────▶ Notified
///     ▲                            │ EndSleep (owner, CompareExchange)            │
///     └────────────────────────────┴──────────────────────────────────────────────┘ BeginTurn (owner)
/// </code>
/// Of all rings, completions and the owner against one sleep, exactly one CompareExchange wins: the number of the
/// sleep is part of the compared word, so a claim made for an earlier sleep fails.
/// </remarks>
[StructLayout(LayoutKind.Explicit, Size = SizeBytes)]
internal struct WakerCell
{
    public const int SizeBytes = 128;

    public const uint Running = 0;
    public const uint Sleeping = 1;
    public const uint Notified = 2;
    public const uint StateMask = 3;

    /// <summary>
    /// Beside any of the states: rings have to fence before they look at the state. Set and cleared by the owner, with the
    /// beginning of a sleep or while it runs; a claim leaves it as it is.
    /// </summary>
    public const uint Fenced = 4;

    /// <summary>Added for each sleep: one more in the bits above.</summary>
    public const uint NextSleep = 8;

    [FieldOffset(0)] public uint State;

    /// <summary>Which task of its reactor.</summary>
    [FieldOffset(4)] public uint Index;

    /// <summary>Address of its <see cref="ReactorCell"/>; 0: it is woken by a call.</summary>
    [FieldOffset(8)] public nint Reactor;

    /// <summary>Where <see cref="Reactor"/> is 0: an unmanaged function taking <see cref="Context"/>.</summary>
    [FieldOffset(16)] public nint Wake;

    [FieldOffset(24)] public nint Context;

    /// <summary>The next cell of the reactor's ready list, or 0.</summary>
    [FieldOffset(32)] public nint Next;

    /// <summary>Threads between the look at the state and the end of the wake. Freeing waits until it is 0.</summary>
    [FieldOffset(40)] public uint Waking;
}
