using NvmeDoorbell.Controller;
using NvmeDoorbell.Doorbells;
using NvmeDoorbell.Memory;
using NvmeDoorbell.Storage;

namespace NvmeDoorbell.Tests.Controller;

/// <summary>What a subsystem waits for from one of its controllers, and what becomes of that when the controller ends.</summary>
internal sealed class SubsystemMemberTests : IIoNotices
{
    private Reactor _reactor = null!;
    private GuestMemory _memory = null!;
    private DoorbellMemory _doorbells = null!;
    private NvmeSubsystem _subsystem = null!;
    private AdminTask _admin = null!;
    private SubsystemMember _member = null!;

    [SetUp]
    public void SetUp()
    {
        _reactor = new Reactor(new ReactorOptions { OwnThread = false });
        _memory = new GuestMemory();
        _doorbells = new DoorbellMemory(4);
        _subsystem = new NvmeSubsystem();
        _member = new SubsystemMember(1, null!);
        var options = new NvmeControllerOptions { Memory = _memory, Reactors = [_reactor], MaxQueuePairs = 1 };
        _member.Admin = _admin = new AdminTask(
            new ControllerContext(options, _doorbells, _subsystem, _member), this);
        _admin.Start();
    }

    [TearDown]
    public void TearDown()
    {
        _admin.Dispose();
        _subsystem.Dispose();
        _doorbells.Dispose();
        _memory.Dispose();
        _reactor.Dispose();
    }

    [Test]
    public void Who_waits_is_called_when_nothing_uses_the_namespace()
    {
        int calls = 0;
        _member.WhenUnused(Unknown(), () => calls++);
        Assert.That(calls, Is.Zero);

        _reactor.Run(TimeSpan.Zero);
        _reactor.Run(TimeSpan.Zero);

        Assert.That(calls, Is.EqualTo(1));
        _member.Close();
        Assert.That(calls, Is.EqualTo(1), "once");
    }

    [Test]
    public void Edge37_The_end_of_the_controller_ends_every_wait_once()
    {
        int calls = 0;
        _member.WhenUnused(Unknown(), () => calls++);
        _member.WhenUnused(Unknown(), () => calls++);

        _member.Close();
        Assert.That(calls, Is.EqualTo(2), "the admin task has answered neither");
        _member.Close();
        _reactor.Run(TimeSpan.Zero); // its answers come late
        _reactor.Run(TimeSpan.Zero);

        Assert.That(calls, Is.EqualTo(2));
    }

    [Test]
    public void A_controller_that_has_ended_is_waited_for_no_more_and_told_nothing()
    {
        int calls = 0;
        bool isTold = false;
        _member.Close();

        _member.WhenUnused(Unknown(), () => calls++);
        _member.Post(() => isTold = true);
        _reactor.Run(TimeSpan.Zero);

        Assert.That(calls, Is.EqualTo(1));
        Assert.That(isTold, Is.False);
    }

    public void OnInvalidDoorbellValue(int doorbellId) => Assert.Fail("There is no queue.");

    public void OnCommandFailed(in ErrorEntry error) => Assert.Fail("There is no command.");

    private static Namespace Unknown() => new(1, new NullDisk(4096));
}
