using System.Runtime.InteropServices;
using NvmeDoorbell.Interop.Native;
using NvmeDoorbell.Storage;

namespace NvmeDoorbell.Tests.Interop;

// SAFETY: the pointers are to locals that outlive the calls.
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed unsafe class NamespaceCallsTests : IDisposable
{
    private const ulong Length = 1 << 20;
    private static ulong _token;
    private static uint _answer;
    private static uint _cancelAnswer;
    private static int _cancelled;
    private static int _closed;

    private readonly Handles _handles = new();

    public void Dispose() => _handles.Dispose();

    [Test]
    public void Namespaces_get_the_lowest_free_identifier_and_go_again()
    {
        ulong controller = _handles.Controller();
        uint nsid;
        NamespaceConfig config = Config(nsid: 1);
        Assert.That(NamespaceCalls.AddRam(controller, &config, &nsid), Is.EqualTo(Status.Ok));
        Assert.That(NamespaceCalls.AddNull(controller, &config, &nsid), Is.EqualTo(Status.Exists));
        config.Nsid = 0;
        Assert.That(NamespaceCalls.AddNull(controller, &config, &nsid), Is.EqualTo(Status.Ok));
        Assert.That(nsid, Is.EqualTo(2));
        Assert.That(NamespaceCalls.Remove(controller, 1), Is.EqualTo(Status.Ok));
        Assert.That(NamespaceCalls.Remove(controller, 1), Is.EqualTo(Status.Range));
        config.ReadOnly = 1;
        Assert.That(NamespaceCalls.AddRam(controller, &config, null), Is.EqualTo(Status.Ok));
        Assert.That(NamespaceCalls.AddRam(controller, &config, &nsid), Is.EqualTo(Status.Ok));
        Assert.That(nsid, Is.EqualTo(3));
    }

    [Test]
    public void Edge39_What_is_no_disk_is_refused()
    {
        ulong controller = _handles.Controller();
        Assert.That(Ram(Config(nsid: 1025)), Is.EqualTo(Status.Argument));
        Assert.That(Ram(Config(blockBytes: 1024)), Is.EqualTo(Status.Argument));
        Assert.That(Ram(Config() with { ReadOnly = 2 }), Is.EqualTo(Status.Argument));
        Assert.That(Ram(Config() with { LengthBytes = 0 }), Is.EqualTo(Status.Argument));
        Assert.That(Ram(Config() with { LengthBytes = 1000 }), Is.EqualTo(Status.Argument));
        Assert.That(Ram(Config() with { Size = 0 }), Is.EqualTo(Status.Abi));
        NamespaceConfig config = Config();
        Assert.That(NamespaceCalls.AddFile(controller, &config, null, null), Is.EqualTo(Status.Argument));
        fixed (byte* path = "/no/such/file\0"u8)
            Assert.That(NamespaceCalls.AddFile(controller, &config, path, null), Is.EqualTo(Status.IO));
        Assert.That(LastError.Sentence, Does.Contain("/no/such/file"));
        NativeDiskCallbacks callbacks = new() { Size = Handles.SizeOf<NativeDiskCallbacks>() };
        Assert.That(NamespaceCalls.AddNative(controller, &config, &callbacks, null), Is.EqualTo(Status.Argument));
        Assert.That(NamespaceCalls.AddNative(controller, &config, null, null), Is.EqualTo(Status.Argument));

        int Ram(NamespaceConfig config) => NamespaceCalls.AddRam(controller, &config, null);
    }

    [Test]
    public void A_native_disk_is_closed_when_its_namespace_goes()
    {
        ulong controller = _handles.Controller();
        uint nsid;
        _closed = 0;
        NamespaceConfig config = Config();
        NativeDiskCallbacks callbacks = Callbacks();
        Assert.That(NamespaceCalls.AddNative(controller, &config, &callbacks, &nsid), Is.EqualTo(Status.Ok));
        Assert.That(NamespaceCalls.AddNative(controller, &config, &callbacks, null), Is.EqualTo(Status.Ok));
        config.Nsid = nsid;
        Assert.That(NamespaceCalls.AddNative(controller, &config, &callbacks, null), Is.EqualTo(Status.Exists));
        Assert.That(_closed, Is.Zero);
        Assert.That(NamespaceCalls.Remove(controller, nsid), Is.EqualTo(Status.Ok));
        Assert.That(_closed, Is.EqualTo(1));
        Assert.That(ControllerCalls.Free(controller), Is.EqualTo(Status.Ok));
        Assert.That(_closed, Is.EqualTo(2));
    }

    [Test]
    public void A_native_request_is_completed_once()
    {
        using NativeDisk disk = new(Callbacks(), 512, Length, isReadOnly: false);
        using Request request = new();
        request.Start();
        _answer = (uint)DiskStatus.Pending;
        Assert.That(disk.Submit(request), Is.EqualTo(DiskStatus.Pending));
        Assert.That(disk.IsBusy);
        Assert.That(NamespaceCalls.Complete(_token, (uint)DiskStatus.Pending), Is.EqualTo(Status.Argument));
        Assert.That(NamespaceCalls.Complete(_token, 8), Is.EqualTo(Status.Argument));
        Assert.That(NamespaceCalls.Complete(_token ^ 1, (uint)DiskStatus.Success), Is.EqualTo(Status.State));
        Assert.That(request.Completed, Is.Empty);
        Assert.That(NamespaceCalls.Complete(_token, (uint)DiskStatus.Full), Is.EqualTo(Status.Ok));
        Assert.That(NamespaceCalls.Complete(_token, (uint)DiskStatus.Success), Is.EqualTo(Status.State));
        Assert.That(request.Completed, Is.EqualTo(new[] { DiskStatus.Full }));
        Assert.That(disk.IsBusy, Is.False);
    }

    [Test]
    public void A_native_disk_that_completes_and_answers_has_completed()
    {
        using NativeDisk disk = new(Callbacks() with { Submit = &CompleteAndAnswer }, 512, Length, isReadOnly: false);
        using Request request = new();
        request.Start();
        Assert.That(disk.Submit(request), Is.EqualTo(DiskStatus.Pending));
        Assert.That(request.Completed, Is.EqualTo(new[] { DiskStatus.ReadError }));
        Assert.That(disk.IsBusy, Is.False);
    }

    [TestCase(1u, DiskStatus.Success)]
    [TestCase(3u, DiskStatus.WriteFault)]
    [TestCase(8u, DiskStatus.InternalError)]
    [TestCase(uint.MaxValue, DiskStatus.InternalError)]
    public void What_a_native_disk_answers_at_once_is_final(uint answer, DiskStatus expected)
    {
        using NativeDisk disk = new(Callbacks(), 512, Length, isReadOnly: false);
        using Request request = new();
        request.Start();
        _answer = answer;
        Assert.That(disk.Submit(request), Is.EqualTo(expected));
        Assert.That(request.TryClaim(), "the completion is left to the owner");
        Assert.That(NamespaceCalls.Complete(_token, (uint)DiskStatus.Success), Is.EqualTo(Status.State));
        Assert.That(request.Completed, Is.Empty);
        Assert.That(disk.IsBusy, Is.False);
    }

    [Test]
    public void A_native_disk_is_not_asked_for_what_it_cannot_do()
    {
        NativeDisk disk = new(Callbacks(), 512, Length, isReadOnly: true);
        using Request request = new();
        _answer = (uint)DiskStatus.Success;
        request.Operation = DiskOperation.Read;
        request.OffsetBytes = Length;
        request.LengthBytes = 512;
        Assert.That(disk.Submit(request), Is.EqualTo(DiskStatus.InternalError));
        request.Operation = DiskOperation.WriteZeroes;
        request.OffsetBytes = 0;
        Assert.That(disk.Submit(request), Is.EqualTo(DiskStatus.WriteFault));
        request.Operation = DiskOperation.Discard;
        Assert.That(disk.Submit(request), Is.EqualTo(DiskStatus.WriteFault));
        request.Operation = DiskOperation.Flush;
        Assert.That(disk.Submit(request), Is.EqualTo(DiskStatus.Success));
        _closed = 0;
        disk.Dispose();
        disk.Dispose();
        Assert.That(_closed, Is.EqualTo(1));
        Assert.That(disk.Submit(request), Is.EqualTo(DiskStatus.Aborted));
    }

    [TestCase(0ul, DiskStatus.NotSupported)]
    [TestCase(1ul << 4, DiskStatus.Success)]
    public void A_native_disk_is_asked_for_discards_only_where_it_says_that_it_knows_them(ulong operations, DiskStatus expected)
    {
        using NativeDisk disk = new(Callbacks() with { Operations = operations }, 512, Length, isReadOnly: false);
        using Request request = new();
        request.Operation = DiskOperation.Discard;
        request.LengthBytes = 512;
        _answer = (uint)DiskStatus.Success;
        Assert.That(disk.Submit(request), Is.EqualTo(expected));
        request.Operation = (DiskOperation)5;
        Assert.That(disk.Submit(request), Is.EqualTo(DiskStatus.NotSupported));
    }

    [Test]
    public void A_native_disk_is_asked_to_give_up_the_submission_that_is_meant()
    {
        using NativeDisk disk = new(Callbacks() with { Cancel = &Cancel }, 512, Length, isReadOnly: false);
        using Request request = new();
        using Request other = new();
        _answer = (uint)DiskStatus.Pending;
        request.Start();
        disk.Submit(request);
        ulong token = _token;
        other.Start();
        disk.Submit(other);
        ulong otherToken = _token;
        (_cancelled, _cancelAnswer, _token) = (0, 1, token);

        Assert.That(disk.TryCancel(request, request.Token + 2), Is.False, "another submission");
        Assert.That(_cancelled, Is.Zero);
        Assert.That(disk.TryCancel(request, request.Token), Is.True);
        Assert.That(request.Completed, Is.EqualTo(new[] { DiskStatus.Aborted }));
        Assert.That(disk.TryCancel(request, request.Token), Is.False, "it is gone");
        Assert.That(_cancelled, Is.EqualTo(1));

        (_cancelAnswer, _token) = (0, otherToken);
        Assert.That(disk.TryCancel(other, other.Token), Is.False, "the disk keeps it");
        Assert.That(_cancelled, Is.EqualTo(2));
        Assert.That(NamespaceCalls.Complete(otherToken, (uint)DiskStatus.Success), Is.EqualTo(Status.Ok));
        Assert.That(other.Completed, Is.EqualTo(new[] { DiskStatus.Success }));
    }

    [Test]
    public void A_native_disk_without_that_callback_gives_nothing_up()
    {
        using NativeDisk disk = new(Callbacks(), 512, Length, isReadOnly: false);
        using Request request = new();
        request.Start();
        _answer = (uint)DiskStatus.Pending;
        disk.Submit(request);

        Assert.That(disk.TryCancel(request, request.Token), Is.False);
        Assert.That(NamespaceCalls.Complete(_token, (uint)DiskStatus.Success), Is.EqualTo(Status.Ok));
    }

    private static NamespaceConfig Config(uint nsid = 0, uint blockBytes = 0) => new()
    {
        Size = Handles.SizeOf<NamespaceConfig>(),
        Nsid = nsid,
        BlockBytes = blockBytes,
        LengthBytes = Length,
    };

    private static NativeDiskCallbacks Callbacks() => new()
    {
        Size = Handles.SizeOf<NativeDiskCallbacks>(),
        Submit = &Submit,
        Closed = &OnClosed,
    };

    [UnmanagedCallersOnly]
    private static uint Submit(void* context, NativeDiskRequest* request)
    {
        _token = request->Token;
        return _answer;
    }

    [UnmanagedCallersOnly]
    private static uint Cancel(void* context, ulong token)
    {
        _cancelled++;
        if (token != _token)
            return 0;
        if (_cancelAnswer != 0)
            NamespaceCalls.Complete(token, (uint)DiskStatus.Aborted);
        return _cancelAnswer;
    }

    [UnmanagedCallersOnly]
    private static uint CompleteAndAnswer(void* context, NativeDiskRequest* request)
    {
        NamespaceCalls.Complete(request->Token, (uint)DiskStatus.ReadError);
        return (uint)DiskStatus.Success;
    }

    [UnmanagedCallersOnly]
    private static void OnClosed(void* context) => _closed++;

    private sealed class Request() : DiskRequest(1)
    {
        public List<DiskStatus> Completed { get; } = [];

        public void Start()
        {
            Operation = DiskOperation.Flush;
            Begin();
        }

        protected override void OnCompleted(DiskStatus status) => Completed.Add(status);
    }
}
