using NvmeDoorbell.VfioUser.Transport;

namespace NvmeDoorbell.Tests.VfioUser;

/// <summary>The client's end of an interrupt: an eventfd.</summary>
internal sealed class TestEvent : IDisposable
{
    private const int NonBlockingFlag = 0x800;

    private readonly Descriptor _descriptor;

    public TestEvent(uint initial = 0, bool isBlocking = false) =>
        _descriptor = new Descriptor(Libc.CreateEvent(initial, isBlocking ? 0 : NonBlockingFlag));

    public int Number => _descriptor.Number;

    /// <summary>What has been signalled since it was taken last; 0: nothing.</summary>
    public ulong Take() => Libc.ReadCounter(_descriptor, out ulong value, sizeof(ulong)) == sizeof(ulong) ? value : 0;

    /// <summary>Waits until something has been signalled, and takes it.</summary>
    public void Await(string what) => Wait.Until(() => Take() != 0, what);

    /// <summary>Adds to the counter.</summary>
    public void Add(ulong value) => Libc.WriteCounter(_descriptor, value, sizeof(ulong));

    public void Dispose() => _descriptor.Dispose();
}
