using NvmeDoorbell.Interop.Native;

namespace NvmeDoorbell.Tests.Interop;

// SAFETY: the pointers are to locals that outlive the calls.
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed unsafe class SubsystemCallsTests : IDisposable
{
    private readonly Handles _handles = new();

    public void Dispose() => _handles.Dispose();

    [Test]
    public void A_namespace_of_a_subsystem_is_attached_to_its_controllers_and_detached()
    {
        ulong subsystem = _handles.Subsystem();
        ulong first = _handles.Controller(config => config.Value.Subsystem = subsystem);
        ulong second = _handles.Controller(config => config.Value.Subsystem = subsystem);
        uint nsid = Add(subsystem);
        Assert.That(SubsystemCalls.Attach(subsystem, nsid, first), Is.EqualTo(Status.Ok), LastError.Sentence);
        Assert.That(SubsystemCalls.Attach(subsystem, nsid, second), Is.EqualTo(Status.Ok), LastError.Sentence);
        Assert.That(SubsystemCalls.Attach(subsystem, nsid, second), Is.EqualTo(Status.Exists));
        Assert.That(SubsystemCalls.Detach(subsystem, nsid, first), Is.EqualTo(Status.Ok));
        Assert.That(SubsystemCalls.Detach(subsystem, nsid, first), Is.EqualTo(Status.Range));
        Assert.That(NamespaceCalls.Remove(subsystem, nsid), Is.EqualTo(Status.Ok));
        Assert.That(NamespaceCalls.Remove(subsystem, nsid), Is.EqualTo(Status.Range));
    }

    [Test]
    public void A_controllers_namespace_is_its_own_and_stays_in_the_subsystem_when_it_goes()
    {
        ulong subsystem = _handles.Subsystem();
        ulong first = _handles.Controller(config => config.Value.Subsystem = subsystem);
        ulong second = _handles.Controller(config => config.Value.Subsystem = subsystem);
        uint nsid = Add(first);
        Assert.That(SubsystemCalls.Attach(subsystem, nsid, second), Is.EqualTo(Status.Exists), "it is private");
        Assert.That(SubsystemCalls.Free(subsystem), Is.EqualTo(Status.Busy));
        Assert.That(ControllerCalls.Free(first), Is.EqualTo(Status.Ok));
        Assert.That(SubsystemCalls.Attach(subsystem, nsid, second), Is.EqualTo(Status.Ok), LastError.Sentence);
        Assert.That(NamespaceCalls.Remove(second, nsid), Is.EqualTo(Status.Ok));
        Assert.That(ControllerCalls.Free(second), Is.EqualTo(Status.Ok));
        Assert.That(SubsystemCalls.Free(subsystem), Is.EqualTo(Status.Ok));
        Assert.That(SubsystemCalls.Free(subsystem), Is.EqualTo(Status.Handle));
    }

    [Test]
    public void Namespaces_are_resized_where_their_disk_can_be()
    {
        ulong controller = _handles.Controller();
        NamespaceConfig config = new()
        {
            Size = Handles.SizeOf<NamespaceConfig>(),
            LengthBytes = 1 << 20,
        };
        uint nsid;
        Assert.That(NamespaceCalls.AddNull(controller, &config, &nsid), Is.EqualTo(Status.Ok));
        Assert.That(NamespaceCalls.Resize(controller, nsid, 1 << 21), Is.EqualTo(Status.Ok), LastError.Sentence);
        Assert.That(NamespaceCalls.Resize(controller, nsid, 1000), Is.EqualTo(Status.Argument));
        Assert.That(NamespaceCalls.Resize(controller, 9, 1 << 20), Is.EqualTo(Status.Range));
    }

    [Test]
    public void Edge39_Misuse_gets_a_code()
    {
        ulong subsystem = _handles.Subsystem();
        ulong memory = _handles.Memory();
        ulong stranger = _handles.Controller();
        uint nsid = Add(subsystem);
        foreach (ulong bad in (ulong[])[0, ulong.MaxValue, memory, stranger, subsystem ^ 1])
        {
            Assert.That(SubsystemCalls.Free(bad), Is.EqualTo(Status.Handle));
            Assert.That(SubsystemCalls.Attach(bad, nsid, stranger), Is.EqualTo(Status.Handle));
            Assert.That(SubsystemCalls.Detach(bad, nsid, stranger), Is.EqualTo(Status.Handle));
        }
        foreach (ulong bad in (ulong[])[0, ulong.MaxValue, memory, subsystem ^ 1])
        {
            Assert.That(SubsystemCalls.Attach(subsystem, nsid, bad), Is.EqualTo(Status.Handle));
            Assert.That(NamespaceCalls.Resize(bad, nsid, 512), Is.EqualTo(Status.Handle));
            Assert.That(NamespaceCalls.Remove(bad, nsid), Is.EqualTo(Status.Handle));
        }
        Assert.That(SubsystemCalls.Attach(subsystem, nsid, stranger), Is.EqualTo(Status.Range), "of another subsystem");
        Assert.That(SubsystemCalls.Attach(subsystem, 77, stranger), Is.EqualTo(Status.Range));
        ulong handle;
        SubsystemConfig config = Config();
        Assert.That(SubsystemCalls.Create(null, &handle), Is.EqualTo(Status.Argument));
        Assert.That(SubsystemCalls.Create(&config, null), Is.EqualTo(Status.Argument));
        Assert.That(Create(Config() with { AbiVersion = 99 }), Is.EqualTo(Status.Abi));
        Assert.That(Create(Config() with { Size = 3 }), Is.EqualTo(Status.Abi));
        fixed (byte* text = "a text that is too long for any serial\0"u8)
        {
            Assert.That(Create(Config() with { Serial = text }), Is.EqualTo(Status.Argument));
            Assert.That(Create(Config() with { Nqn = text }), Is.EqualTo(Status.Argument), "it does not start with nqn.");
            Assert.That(Create(Config() with { PoolPath = text }), Is.EqualTo(Status.Argument), "no bytes");
            Assert.That(Create(Config() with { PoolPath = text, PoolBytes = 512 }), Is.EqualTo(Status.IO), "no folder");
        }
    }

    private static int Create(SubsystemConfig config)
    {
        ulong handle;
        return SubsystemCalls.Create(&config, &handle);
    }

    private static SubsystemConfig Config() =>
        new() { Size = Handles.SizeOf<SubsystemConfig>(), AbiVersion = RuntimeCalls.AbiVersion };

    private static uint Add(ulong owner)
    {
        NamespaceConfig config = new() { Size = Handles.SizeOf<NamespaceConfig>(), LengthBytes = 1 << 20 };
        uint nsid;
        Assert.That(NamespaceCalls.AddRam(owner, &config, &nsid), Is.EqualTo(Status.Ok), LastError.Sentence);
        return nsid;
    }
}
