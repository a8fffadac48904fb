using System.Runtime.InteropServices;
using System.Text;
using NvmeDoorbell.Interop.Native;

namespace NvmeDoorbell.Tests.Interop;

// SAFETY: the pointers are to locals and pinned strings that outlive the calls.
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed unsafe class ControllerCallsTests : IDisposable
{
    private readonly Handles _handles = new();

    public void Dispose() => _handles.Dispose();

    [Test]
    public void A_controller_shows_its_registers_and_its_identity()
    {
        ulong controller = _handles.Controller(config =>
        {
            config.Value.PciVendorId = 0x1234;
            config.Value.PciSubsystemId = 0x5678;
        });
        ulong value;
        uint word;
        Assert.That(ControllerAccessCalls.ReadBar0(controller, 0, 8, &value), Is.EqualTo(Status.Ok));
        Assert.That(value & 0xFFFF, Is.EqualTo(1023), "CAP.MQES");
        Assert.That(ControllerAccessCalls.ReadConfig(controller, 0, 2, &word), Is.EqualTo(Status.Ok));
        Assert.That(word, Is.EqualTo(0x1234));
        Assert.That(ControllerAccessCalls.ReadConfig(controller, 0x2E, 2, &word), Is.EqualTo(Status.Ok));
        Assert.That(word, Is.EqualTo(0x5678));
        ControllerStats stats = new() { Size = Handles.SizeOf<ControllerStats>() };
        Assert.That(ControllerAccessCalls.GetStats(controller, &stats), Is.EqualTo(Status.Ok));
        Assert.That(stats.Enabled, Is.Zero);
        Assert.That(ControllerCalls.Reset(controller), Is.EqualTo(Status.Ok));
    }

    [Test]
    public void Health_is_checked_and_taken()
    {
        ulong controller = _handles.Controller();
        Assert.That(ControllerAccessCalls.SetHealth(controller, 350, 0x3F), Is.EqualTo(Status.Ok));
        Assert.That(ControllerAccessCalls.SetHealth(controller, 0x1_0000, 0), Is.EqualTo(Status.Range));
        Assert.That(ControllerAccessCalls.SetHealth(controller, 300, 0x40), Is.EqualTo(Status.Range));
        Assert.That(ControllerAccessCalls.SetHealth(0, 300, 0), Is.EqualTo(Status.Handle));
    }

    [Test]
    public void The_doorbell_page_is_there_where_it_was_asked_for()
    {
        ulong plain = _handles.Controller();
        ulong mapped = _handles.Controller(config => config.Value.Flags = 2);
        void* host;
        ulong lengthBytes;
        Assert.That(ControllerAccessCalls.GetDoorbellPage(plain, &host, &lengthBytes), Is.EqualTo(Status.State));
        Assert.That(ControllerAccessCalls.GetDoorbellPage(mapped, &host, &lengthBytes), Is.EqualTo(Status.Ok));
        Assert.That((long)host % 4096, Is.Zero);
        Assert.That(lengthBytes, Is.EqualTo(4096));
    }

    [Test]
    public void Edge39_Widths_and_ranges_are_checked()
    {
        ulong controller = _handles.Controller();
        ulong value;
        ulong lengthBytes;
        uint word;
        Assert.That(ControllerAccessCalls.GetBar0Size(controller, &lengthBytes), Is.EqualTo(Status.Ok));
        Assert.That(ControllerAccessCalls.ReadBar0(controller, 0, 3, &value), Is.EqualTo(Status.Argument));
        Assert.That(ControllerAccessCalls.ReadBar0(controller, lengthBytes, 1, &value), Is.EqualTo(Status.Range));
        Assert.That(ControllerAccessCalls.WriteBar0(controller, ulong.MaxValue, 8, 0), Is.EqualTo(Status.Range));
        Assert.That(ControllerAccessCalls.ReadConfig(controller, 0, 8, &word), Is.EqualTo(Status.Argument));
        Assert.That(ControllerAccessCalls.ReadConfig(controller, 4095, 2, &word), Is.EqualTo(Status.Range));
        Assert.That(ControllerAccessCalls.WriteConfig(controller, 4096, 1, 0), Is.EqualTo(Status.Range));
        Assert.That(ControllerAccessCalls.SetEventFd(controller, 3, -1), Is.EqualTo(Status.Range));
        Assert.That(ControllerAccessCalls.SetEventFd(controller, 2, -2), Is.EqualTo(Status.Argument));
        Assert.That(ControllerAccessCalls.SetEventFd(controller, 2, -1), Is.EqualTo(Status.Ok));
    }

    [Test]
    public void Edge39_Another_abi_version_is_refused()
    {
        ulong reactor = _handles.Reactor();
        Handles.NativeControllerConfig config = new(_handles.Memory(), &reactor);
        Assert.That(Create(config, (ref ControllerConfig value) => value.AbiVersion = 1), Is.EqualTo(Status.Abi));
        Assert.That(Create(config, (ref ControllerConfig value) => value.Size = 4), Is.EqualTo(Status.Abi));
        Assert.That(Create(config, (ref ControllerConfig value) => value.Memory = 0), Is.EqualTo(Status.Handle));
        Assert.That(Create(config, (ref ControllerConfig value) => value.ReactorCount = 0), Is.EqualTo(Status.Argument));
        Assert.That(Create(config, (ref ControllerConfig value) => value.Vectors = uint.MaxValue), Is.EqualTo(Status.Argument));
        Assert.That(Create(config, (ref ControllerConfig value) => value.Flags = 16), Is.EqualTo(Status.Argument));
        Assert.That(Create(config, (ref ControllerConfig value) => value.Serial = Static("a serial of 21 bytes!")),
            Is.EqualTo(Status.Argument));
    }

    [Test]
    public void A_controller_that_could_not_be_made_holds_nothing()
    {
        ulong reactor = _handles.Reactor();
        ulong memory = _handles.Memory();
        Handles.NativeControllerConfig config = new(memory, &reactor);
        Assert.That(Create(config, (ref ControllerConfig value) => value.Stride = 9), Is.EqualTo(Status.Argument));
        ulong* two = stackalloc ulong[] { reactor, 5 };
        config.Value.Reactors = two;
        config.Value.ReactorCount = 2;
        Assert.That(Create(config, (ref ControllerConfig value) => { }), Is.EqualTo(Status.Handle));
        Assert.That(ReactorCalls.Free(reactor), Is.EqualTo(Status.Ok));
        Assert.That(MemoryCalls.Free(memory), Is.EqualTo(Status.Ok));
    }

    private static int Create(Handles.NativeControllerConfig config, Change change)
    {
        ulong controller;
        ControllerConfig value = config.Value;
        change(ref value);
        int status = ControllerCalls.Create(&value, &controller);
        Assert.That(controller, Is.Zero);
        return status;
    }

    // Lives as long as the process: a test or two of it.
    private static byte* Static(string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text + '\0');
        byte* copy = (byte*)NativeMemory.Alloc((nuint)bytes.Length);
        bytes.CopyTo(new Span<byte>(copy, bytes.Length));
        return copy;
    }

    private delegate void Change(ref ControllerConfig value);
}
