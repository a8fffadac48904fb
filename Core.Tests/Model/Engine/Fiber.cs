using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace NvmeDoorbell.Model.Engine;

/// <summary>
/// Switches between the model's threads without the operating system: some 16 ns, against microseconds for a hand-over
/// between real threads.
/// </summary>
/// <remarks>
/// <para>
/// All fibers live on the one thread that explores. Their stacks are carved out of that thread's own stack, below the
/// explorer's frames, so that every frame lies inside the bounds the runtime knows and above it finds the explorer's: a
/// throw on a fiber is caught on it as anywhere else.
/// </para>
/// <para>
/// A fiber that is not running is not seen by the garbage collector. So none may run while fibers are suspended:
/// <see cref="Explorer"/> collects between executions only, and explores in a process of its own. A switch inside a
/// catch block is not allowed either: an abandoned fiber would leave its exception record behind.
/// </para>
/// </remarks>
internal static unsafe class Fiber
{
    public const int MaxCount = 8;
    private const int StackBytes = 1 << 20;
    private const int ExplorerBytes = 4 << 20;

    /// <summary>What the explorer's thread needs as its stack.</summary>
    public const int ExplorerStackBytes = ExplorerBytes + (MaxCount + 2) * StackBytes;

    /// <summary>Saves the callee-saved registers and the stack pointer, takes those of the other side, returns there.</summary>
    private static ReadOnlySpan<byte> SwitchCode =>
    [
        0x55, 0x53, 0x41, 0x54, 0x41, 0x55, 0x41, 0x56, 0x41, 0x57, // push rbp, rbx, r12, r13, r14, r15
        0x48, 0x89, 0x27,                                           // mov [rdi], rsp
        0x48, 0x89, 0xF4,                                           // mov rsp, rsi
        0x41, 0x5F, 0x41, 0x5E, 0x41, 0x5D, 0x41, 0x5C, 0x5B, 0x5D, // pop r15, r14, r13, r12, rbx, rbp
        0xC3,                                                       // ret
    ];

    private const int SavedRegisters = 6;

    private static readonly delegate* unmanaged<nint*, nint, void> SwitchEntry = MapSwitchCode();
    private static nint StackTop;
    private static Action? Entry;

    public static bool IsSupported => System.OperatingSystem.IsLinux() && RuntimeInformation.ProcessArchitecture == Architecture.X64;

    /// <summary>To be called once, on the thread that explores, high on its stack. Every fiber starts in entry.</summary>
    public static void Initialise(Action entry)
    {
        byte here;
        StackTop = ((nint)(&here) & ~0xFFF) - ExplorerBytes / 2;
        Entry = entry;
    }

    /// <summary>A stack for fiber index, made new: switching to the result runs the entry given to <see cref="Initialise"/>.</summary>
    public static nint Prepare(int index)
    {
        // SAFETY: the area lies in this thread's own stack, below every frame of the explorer, and is StackBytes long.
        nint* top = (nint*)(StackTop - index * StackBytes);
        *--top = 0;
        *--top = (nint)(delegate* unmanaged<void>)&Start;
        top -= SavedRegisters;
        return (nint)top;
    }

    /// <summary>Leaves the running fiber, whose stack pointer is kept in saved, and continues at the other.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Switch(ref nint saved, nint other)
    {
        // SAFETY: other comes from Prepare or from a Switch that has not been resumed since. saved may lie in the managed
        // heap: nothing is collected while fibers exist, so it does not move between the store and the next look at it.
        SwitchEntry((nint*)Unsafe.AsPointer(ref saved), other);
    }

    [UnmanagedCallersOnly]
    private static void Start() => Entry!();

    private static delegate* unmanaged<nint*, nint, void> MapSwitchCode()
    {
        // SAFETY: a private page, filled while it is writable only and executed when it is no longer writable.
        const int readWrite = 3, readExecute = 5, privateAnonymous = 0x22, pageBytes = 4096;
        nint page = MemoryMap(0, pageBytes, readWrite, privateAnonymous, -1, 0);
        if (page == -1)
            throw new InvalidOperationException("No memory for the switch between fibers.");
        SwitchCode.CopyTo(new Span<byte>((void*)page, pageBytes));
        if (MemoryProtect(page, pageBytes, readExecute) != 0)
            throw new InvalidOperationException("The system does not allow code to be mapped.");
        return (delegate* unmanaged<nint*, nint, void>)page;
    }

    [DllImport("libc", EntryPoint = "mmap")]
    private static extern nint MemoryMap(nint address, nint length, int protection, int flags, int file, nint offset);

    [DllImport("libc", EntryPoint = "mprotect")]
    private static extern int MemoryProtect(nint address, nint length, int protection);
}
