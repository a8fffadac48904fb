namespace NvmeDoorbell.Interop.Native;

/// <summary>What a handle stands for: its top byte. None is 0, so the null handle is of no kind.</summary>
internal enum HandleKind : byte
{
    Doorbells = 1,
    Waker,
    Memory,
    Reactor,
    Controller,
    Subsystem,
}
