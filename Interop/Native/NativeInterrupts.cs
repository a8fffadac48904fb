using NvmeDoorbell.Pci;

namespace NvmeDoorbell.Interop.Native;

/// <summary>Interrupts by eventfd where a vector has one, else by callback.</summary>
// SAFETY: the callbacks and their context are the embedder's promise, good until the controller has been freed.
internal sealed unsafe class NativeInterrupts : IPciInterrupts
{
    private readonly delegate* unmanaged<void*, uint, void> _vector;
    private readonly delegate* unmanaged<void*, uint, void> _line;
    private readonly void* _context;
    // Descriptor + 1; 0: none.
    private readonly int[] _eventFds;

    public NativeInterrupts(in ControllerConfig config, int vectors)
    {
        _vector = config.Interrupt;
        _line = config.InterruptLine;
        _context = config.InterruptContext;
        _eventFds = new int[vectors];
    }

    /// <summary>Signals the vector by the descriptor from now on; -1: no longer.</summary>
    public void SetEventFd(int vector, int fd) => Volatile.Write(ref _eventFds[vector], fd + 1);

    public void SignalVector(int vector, MsixMessage message)
    {
        int fd = Volatile.Read(ref _eventFds[vector]) - 1;
        if (fd >= 0)
            EventFd.Signal(fd);
        else if (_vector != null)
            _vector(_context, (uint)vector);
    }

    public void SetLine(bool asserted)
    {
        if (_line != null)
            _line(_context, asserted ? 1u : 0u);
    }
}
