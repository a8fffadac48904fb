using NvmeDoorbell.Model.Engine;

namespace NvmeDoorbell.Model.Scenarios;

/// <summary>
/// A doorbell register between a guest, which is another process, and the thread of the device that its writes reach: a
/// message for each write, and a ring for each message, in their order.
/// </summary>
internal sealed unsafe class Register
{
    private const uint Sent = 0x10000;
    private const int Most = 8;

    private readonly World _world;
    private readonly uint* _messages;
    private readonly uint* _done;
    private readonly bool _isPosted;
    private int _sent;

    /// <summary>
    /// With the thread that rings for the guest. By a posted ring the guest does not wait for its write, so that one may
    /// still be on its way when the guest has gone on; else it waits, as a processor does that has left its virtual machine.
    /// </summary>
    public Register(World world, Bell bell, int id)
    {
        _world = world;
        _isPosted = bell.IsPosted;
        // SAFETY: cells of the arena.
        _messages = (uint*)world.Allocate(Most * sizeof(uint), sizeof(uint));
        _done = (uint*)world.Allocate(sizeof(uint), sizeof(uint));
        world.Name((nint)_messages, "register write", Most * sizeof(uint));
        world.Name((nint)_done, "register write done");
        world.Daemon("register", () =>
        {
            for (int taken = 0; taken < Most; taken++)
            {
                world.AwaitSet((nint)(_messages + taken), default);
                bell.Ring(id, Volatile.Read(ref _messages[taken]) & 0xFFFF, (ulong)taken);
                if (!_isPosted)
                    Interlocked.Exchange(ref *_done, 1);
            }
        });
    }

    public void Write(uint value)
    {
        _world.Note($"guest writes {value} to the register");
        Interlocked.Exchange(ref _messages[_sent++], Sent | value);
        if (!_isPosted)
            _world.Await((nint)_done, default);
    }
}
