using NvmeDoorbell.Model.Engine;

namespace NvmeDoorbell.Model.Scenarios;

/// <summary>
/// A doorbell register between a guest, which is another process, and the thread of the device that its writes reach: a
/// message for each write, and a ring for each message.
/// </summary>
internal sealed unsafe class Register
{
    private const uint Sent = 0x10000;

    private readonly World _world;
    private readonly uint* _message;
    private readonly uint* _done;
    private readonly bool _isPosted;

    /// <summary>
    /// With the thread that rings for the guest. Posted: the guest does not wait for its write, so that one may still be on
    /// its way when the guest has gone on; else it waits, as a processor does that has left its virtual machine.
    /// </summary>
    public Register(World world, Bell bell, int id, bool isPosted = false)
    {
        _world = world;
        _isPosted = isPosted;
        _message = (uint*)world.Allocate(sizeof(uint), sizeof(uint));
        _done = (uint*)world.Allocate(sizeof(uint), sizeof(uint));
        world.Name((nint)_message, "register write");
        world.Name((nint)_done, "register write done");
        world.Daemon("register", () =>
        {
            while (true)
            {
                // SAFETY: cells of the arena. A write overtakes one that has not been taken yet.
                world.AwaitSet((nint)_message, default);
                uint value = Interlocked.Exchange(ref *_message, 0) & 0xFFFF;
                bell.Ring(id, value);
                if (!isPosted)
                    Interlocked.Exchange(ref *_done, 1);
            }
        });
    }

    public void Write(uint value)
    {
        _world.Note($"guest writes {value} to the register");
        Interlocked.Exchange(ref *_message, Sent | value);
        if (!_isPosted)
            _world.Await((nint)_done, default);
    }
}
