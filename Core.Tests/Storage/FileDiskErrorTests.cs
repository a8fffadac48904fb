using NvmeDoorbell.Storage;

namespace NvmeDoorbell.Tests.Storage;

/// <summary>What a file disk makes of everything that the operating system may answer.</summary>
public sealed class FileDiskErrorTests
{
    private const int InputOutput = 5;
    private const int BadAddress = 14;
    private const int FileTooBig = 27;
    private const int NoSpace = 28;
    private const int NotSupported = 95;
    private const int Quota = 122;

    private ScriptedFileChannel _file = new();
    private FileDisk _disk = null!;
    private GuestRam _ram = null!;
    private TestRequest _request = null!;

    [SetUp]
    public void MakeDisk()
    {
        _file = new ScriptedFileChannel();
        _disk = new FileDisk(_file, 1 << 20, 512, isReadOnly: false);
        _ram = new GuestRam(4096);
        _request = new TestRequest();
    }

    [TearDown]
    public void Free()
    {
        _disk.Dispose();
        _request.Dispose();
        _ram.Dispose();
        _file.Dispose();
    }

    [TestCase(InputOutput, DiskStatus.ReadError)]
    [TestCase(BadAddress, DiskStatus.InternalError)]
    [TestCase(NotSupported, DiskStatus.ReadError)]
    public void Edge38_A_failed_read_is_told(int error, DiskStatus status)
    {
        _file.OnRead = _ => -error;
        Assert.That(_request.Set(DiskOperation.Read, 0, _ram).RunOn(_disk), Is.EqualTo(status));
    }

    [TestCase(InputOutput, DiskStatus.WriteFault)]
    [TestCase(NoSpace, DiskStatus.Full)]
    [TestCase(Quota, DiskStatus.Full)]
    [TestCase(FileTooBig, DiskStatus.Full)]
    [TestCase(BadAddress, DiskStatus.InternalError)]
    public void Edge38_A_failed_write_is_told(int error, DiskStatus status)
    {
        _file.OnWrite = _ => -error;
        Assert.That(_request.Set(DiskOperation.Write, 0, _ram).RunOn(_disk), Is.EqualTo(status));
        _request.ForceUnitAccess = true;
        Assert.That(_request.RunOn(_disk), Is.EqualTo(status));
        Assert.That(_file.Calls, Does.Not.Contain("sync"));
        _file.OnZeroRange = () => -NotSupported;
        Assert.That(_request.Set(DiskOperation.WriteZeroes, 0, 4096).RunOn(_disk), Is.EqualTo(status));
    }

    [Test]
    public void Edge38_An_end_of_file_inside_a_read_is_a_read_error()
    {
        _file.OnRead = length => length == 4096 ? 1000 : 0;
        Assert.That(_request.Set(DiskOperation.Read, 0, _ram).RunOn(_disk), Is.EqualTo(DiskStatus.ReadError));
        Assert.That(_file.Calls, Is.EqualTo(new[] { "try read 0+4096", "try read 1000+3096" }));
    }

    [Test]
    public void A_write_that_takes_nothing_is_a_write_fault_and_no_endless_loop()
    {
        _file.OnWrite = _ => 0;
        Assert.That(_request.Set(DiskOperation.Write, 0, _ram).RunOn(_disk), Is.EqualTo(DiskStatus.WriteFault));
    }

    [Test]
    public void Edge38_A_disk_that_fills_up_in_the_middle_of_a_write_is_full()
    {
        _file.OnWrite = length => length == 4096 ? 512 : -NoSpace;
        Assert.That(_request.Set(DiskOperation.Write, 8192, _ram).RunOn(_disk), Is.EqualTo(DiskStatus.Full));
        Assert.That(_file.Calls, Is.EqualTo(new[] { "write 8192+4096", "write 8704+3584" }));
    }

    [Test]
    public void A_transfer_that_breaks_inside_a_segment_goes_on_there()
    {
        _file.OnWrite = length => length == 4096 ? 700 : length;
        _request.Set(DiskOperation.Write, 0, _ram, [512, 512, 3072]);
        Assert.That(_request.RunOn(_disk), Is.EqualTo(DiskStatus.Success));
        // The rest of the segment that broke, then those after it.
        Assert.That(_file.Calls, Is.EqualTo(new[] { "write 0+4096", "write 700+324", "write 1024+3072" }));
    }

    [Test]
    public void A_read_that_would_wait_is_read_again_where_waiting_holds_nobody_up()
    {
        int calls = 0;
        _file.OnRead = length => Interlocked.Increment(ref calls) == 1 ? -FileError.TryAgain : length;
        Assert.That(_request.Set(DiskOperation.Read, 512, _ram).SubmitTo(_disk), Is.EqualTo(DiskStatus.Pending));
        Wait.Until(() => _request.Completions == 1, "the read to complete");
        Assert.That(_request.Status, Is.EqualTo(DiskStatus.Success));
        Assert.That(_file.Calls, Is.EqualTo(new[] { "try read 512+4096", "read 512+4096" }));
    }

    [Test]
    public void Force_unit_access_syncs_after_the_write_and_nothing_else_syncs()
    {
        Assert.That(_request.Set(DiskOperation.Write, 0, _ram).RunOn(_disk), Is.EqualTo(DiskStatus.Success));
        Assert.That(_request.Set(DiskOperation.WriteZeroes, 0, 512).RunOn(_disk), Is.EqualTo(DiskStatus.Success));
        _request.Set(DiskOperation.Write, 512, _ram).ForceUnitAccess = true;
        Assert.That(_request.RunOn(_disk), Is.EqualTo(DiskStatus.Success));
        _request.Set(DiskOperation.WriteZeroes, 1024, 512).ForceUnitAccess = true;
        Assert.That(_request.RunOn(_disk), Is.EqualTo(DiskStatus.Success));
        Assert.That(_file.Calls, Is.EqualTo(
            new[] { "write 0+4096", "zero 0+512", "write 512+4096", "sync", "zero 1024+512", "sync" }));
    }

    [TestCase(InputOutput, DiskStatus.WriteFault)]
    [TestCase(NoSpace, DiskStatus.Full)]
    public void Edge38_A_failed_sync_stays_failed_because_the_system_forgets_it(int error, DiskStatus status)
    {
        _file.OnSync = () => -error;
        Assert.That(_request.Set(DiskOperation.Flush).RunOn(_disk), Is.EqualTo(status));
        _file.OnSync = () => 0;
        Assert.That(_request.RunOn(_disk), Is.EqualTo(status));
        _request.Set(DiskOperation.Write, 0, _ram).ForceUnitAccess = true;
        Assert.That(_request.RunOn(_disk), Is.EqualTo(status));
        _request.ForceUnitAccess = false;
        Assert.That(_request.RunOn(_disk), Is.EqualTo(DiskStatus.Success), "writes go on");
        _request.Set(DiskOperation.Read, 0, _ram);
        Assert.That(_request.RunOn(_disk), Is.EqualTo(DiskStatus.Success), "reads too");
    }

    [Test]
    public void Flushes_that_wait_together_share_one_sync()
    {
        using var inSync = new ManualResetEventSlim();
        using var goOn = new ManualResetEventSlim();
        _file.OnSync = () =>
        {
            inSync.Set();
            goOn.Wait();
            return 0;
        };
        TestRequest[] requests = [.. Enumerable.Range(0, 5).Select(_ => new TestRequest().Set(DiskOperation.Flush))];
        Assert.That(requests[0].SubmitTo(_disk), Is.EqualTo(DiskStatus.Pending));
        Wait.Until(() => inSync.IsSet, "the first flush to sync");
        foreach (TestRequest request in requests[1..])
            Assert.That(request.SubmitTo(_disk), Is.EqualTo(DiskStatus.Pending));
        Assert.That(requests.Sum(request => request.Completions), Is.Zero);
        goOn.Set();
        Wait.Until(() => requests.All(request => request.Completions == 1), "all flushes to complete");
        Assert.That(requests.Select(request => request.Status), Is.All.EqualTo(DiskStatus.Success));
        Assert.That(_file.Calls, Is.EqualTo(new[] { "sync", "sync" }));
        foreach (TestRequest request in requests)
            request.Dispose();
    }

    [TestCase(NotSupported, 1)]
    [TestCase(22, 2)]
    public void Zeroes_are_written_where_the_system_cannot_make_them(int error, int asked)
    {
        _file.OnZeroRange = () => -error;
        for (int i = 0; i < 2; i++)
        {
            Assert.That(_request.Set(DiskOperation.WriteZeroes, 512, 600 * 1024).RunOn(_disk),
                Is.EqualTo(DiskStatus.Success));
        }
        Assert.That(_file.Calls.Count(call => call == "zero 512+614400"), Is.EqualTo(asked));
        string[] writes = ["write 512+262144", "write 262656+262144", "write 524800+90112"];
        Assert.That(_file.Calls.Where(call => call[0] == 'w'), Is.EqualTo(writes.Concat(writes)));
    }

    [Test]
    public void Dispose_waits_for_a_flush_that_takes_long()
    {
        using var inSync = new ManualResetEventSlim();
        using var goOn = new ManualResetEventSlim();
        _file.OnSync = () =>
        {
            inSync.Set();
            goOn.Wait();
            return 0;
        };
        Assert.That(_request.Set(DiskOperation.Flush).SubmitTo(_disk), Is.EqualTo(DiskStatus.Pending));
        Wait.Until(() => inSync.IsSet, "the flush to sync");
        var disposal = new Thread(_disk.Dispose) { IsBackground = true };
        disposal.Start();
        using var late = new TestRequest();
        Wait.Until(() => late.Set(DiskOperation.Read, 0, _ram).RunOn(_disk) == DiskStatus.Aborted, "the disk to close");
        Assert.That(disposal.IsAlive, Is.True);
        Assert.That(_file.IsDisposed, Is.False);
        goOn.Set();
        Assert.That(disposal.Join(TimeSpan.FromSeconds(30)), Is.True);
        Assert.That(_request.Completions, Is.EqualTo(1));
        Assert.That(_request.Status, Is.EqualTo(DiskStatus.Success));
        Assert.That(_file.IsDisposed, Is.True);
    }

    [Test]
    public void Edge39_Dispose_from_a_completion_is_refused_and_the_disk_lives()
    {
        Exception? caught = null;
        _request.Completing = _ =>
        {
            try
            {
                _disk.Dispose();
            }
            catch (InvalidOperationException exception)
            {
                caught = exception;
            }
        };
        Assert.That(_request.Set(DiskOperation.Flush).RunOn(_disk), Is.EqualTo(DiskStatus.Success));
        Assert.That(caught, Is.Not.Null);
        Assert.That(_request.RunOn(_disk), Is.EqualTo(DiskStatus.Success));
    }

    [TestCase(0, DiskStatus.Success, 2)]
    [TestCase(NotSupported, DiskStatus.NotSupported, 1)]
    [TestCase(22, DiskStatus.NotSupported, 2)]
    [TestCase(InputOutput, DiskStatus.WriteFault, 2)]
    [TestCase(NoSpace, DiskStatus.Full, 2)]
    public void A_discard_is_a_hole_or_nothing(int error, DiskStatus status, int asked)
    {
        _file.OnPunchHole = () => -error;
        for (int i = 0; i < 2; i++)
            Assert.That(_request.Set(DiskOperation.Discard, 512, 4096).RunOn(_disk), Is.EqualTo(status));
        Assert.That(_file.Calls, Is.EqualTo(Enumerable.Repeat("punch 512+4096", asked)));
    }

    [Test]
    public void Zeroes_that_may_be_deallocated_are_a_hole_then_a_zeroed_range_then_written()
    {
        _file.OnPunchHole = () => -NotSupported;
        _file.OnZeroRange = () => -NotSupported;
        _request.Set(DiskOperation.WriteZeroes, 512, 4096).MayDeallocate = true;
        Assert.That(_request.RunOn(_disk), Is.EqualTo(DiskStatus.Success));
        Assert.That(_file.Calls, Is.EqualTo(new[] { "punch 512+4096", "zero 512+4096", "write 512+4096" }));
    }

    [Test]
    public void A_file_that_grows_with_its_disk_is_synced_and_one_that_cannot_is_told()
    {
        _disk.Resize(1 << 21);
        Assert.That(_file.Calls, Is.EqualTo(new[] { "length 2097152", "sync" }));
        _file.OnSetLength = _ => -NoSpace;
        Assert.That(() => _disk.Resize(1 << 22), Throws.InstanceOf<IOException>());
        Assert.That(_disk.LengthBytes, Is.EqualTo(1 << 21));
    }

    [Test]
    public void Reads_that_wait_are_under_way_at_once()
    {
        const int Threads = 4;
        using var file = new UncachedFileChannel(_file);
        using var disk = new FileDisk(file, 1 << 20, 512, isReadOnly: false, threads: Threads);
        using var all = new CountdownEvent(Threads);
        _file.OnRead = length =>
        {
            all.Signal();
            return all.Wait(TimeSpan.FromSeconds(30)) ? length : -InputOutput;
        };
        using var ram = new GuestRam(512);
        TestRequest[] requests = [.. Enumerable.Range(0, Threads).Select(_ => new TestRequest())];
        foreach (TestRequest request in requests)
            Assert.That(request.Set(DiskOperation.Read, 0, ram).SubmitTo(disk), Is.EqualTo(DiskStatus.Pending));
        Wait.Until(() => requests.All(request => request.Completions == 1), "the reads to end");
        Assert.That(requests.Select(request => request.Status), Is.All.EqualTo(DiskStatus.Success));
        Array.ForEach(requests, request => request.Dispose());
    }
}
