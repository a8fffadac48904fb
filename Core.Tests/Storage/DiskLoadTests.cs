using NvmeDoorbell.Storage;

namespace NvmeDoorbell.Tests.Storage;

/// <summary>Every disk with many requests under way: right data, each completed once, nothing allocated.</summary>
[TestFixtureSource(typeof(DiskUnderTest), nameof(DiskUnderTest.All))]
public sealed class DiskLoadTests(DiskUnderTest kind)
{
    private const int Threads = 4;
    private const int AreaBytes = 128 * 1024;
    private const int BlockBytes = 512;

    private string _folder = "";

    [SetUp]
    public void MakeFolder() => _folder = Directory.CreateTempSubdirectory("nvmedb-load-").FullName;

    [TearDown]
    public void RemoveFolder() => Directory.Delete(_folder, recursive: true);

    [Test]
    public void Many_threads_find_in_their_areas_what_they_wrote()
    {
        int seed = Seed.Next();
        using IDisk disk = kind.Create(Path.Combine(_folder, "disk.img"), Threads * AreaBytes, BlockBytes);
        string?[] failures = new string?[Threads];
        RunThreads(thread => failures[thread] = WorkOnArea(disk, thread, seed + thread));
        Assert.That(failures, Is.All.Null, Seed.Replay(seed));
    }

    [Test]
    public void Dispose_waits_for_what_is_under_way_and_each_request_ends_once()
    {
        IDisk disk = kind.Create(Path.Combine(_folder, "disk.img"), Threads * AreaBytes, BlockBytes);
        int started = 0;
        int wrong = 0;
        RunThreads(thread =>
        {
            if (thread == 0)
            {
                Wait.Until(() => Volatile.Read(ref started) == Threads - 1, "the other threads to be under way");
                disk.Dispose();
                return;
            }
            using var ram = new GuestRam(4096);
            using var request = new TestRequest();
            DiskStatus status = DiskStatus.Success;
            for (int i = 0; status != DiskStatus.Aborted; i++)
            {
                DiskOperation operation = (DiskOperation)(i % 5);
                request.Set(operation, (ulong)(thread * AreaBytes), ram).ForceUnitAccess = i % 8 >= 4;
                status = request.RunOn(disk);
                if (status is not (DiskStatus.Success or DiskStatus.Aborted)
                    && (operation, status) != (DiskOperation.Discard, DiskStatus.NotSupported))
                    Interlocked.Increment(ref wrong);
                if (i == 8)
                    Interlocked.Increment(ref started);
            }
        });
        Assert.That(wrong, Is.Zero);
    }

    [Test]
    public void Requests_allocate_nothing_on_the_thread_that_submits_nor_on_the_one_that_completes()
    {
        using IDisk disk = kind.Create(Path.Combine(_folder, "disk.img"), Threads * AreaBytes, BlockBytes);
        using var ram = new GuestRam(4096);
        using var request = new TestRequest();
        using var watch = new AllocationWatch();
        request.Completing = watch.Look;
        RunEveryOperation(disk, request, ram, 20);
        watch.Restart();
        RunEveryOperation(disk, request, ram, 150);
        Assert.That(watch.AllocatedHere, Is.Zero);
        Assert.That(watch.AllocatedByCompletions, Is.Zero);
    }

    private static void RunEveryOperation(IDisk disk, TestRequest request, GuestRam ram, int times)
    {
        for (int i = 0; i < times; i++)
        {
            for (int operation = 0; operation < 5; operation++)
            {
                request.Set((DiskOperation)operation, (ulong)(i % 16 * 4096), ram);
                request.ForceUnitAccess = (i & 1) != 0;
                request.MayDeallocate = (i & 2) != 0;
                if (request.RunOn(disk) is not (DiskStatus.Success or DiskStatus.NotSupported))
                    throw new InvalidOperationException("A request has failed.");
            }
        }
    }

    private static string? WorkOnArea(IDisk disk, int thread, int seed)
    {
        var random = new Random(seed);
        using var ram = new GuestRam(16 * BlockBytes);
        using var request = new TestRequest();
        // The salt of the pattern in each block, 0: zeroes.
        int[] salts = new int[AreaBytes / BlockBytes];
        byte[] zeroes = new byte[BlockBytes];
        for (int step = 1; step <= 400; step++)
        {
            int blocks = random.Next(1, 17);
            int block = random.Next(salts.Length - blocks + 1);
            ulong offset = (ulong)((thread * AreaBytes) + (block * BlockBytes));
            int length = blocks * BlockBytes;
            DiskOperation operation = (DiskOperation)random.Next(5);
            if (operation == DiskOperation.Write)
            {
                for (int i = 0; i < blocks; i++)
                {
                    salts[block + i] = (step * 16) + i;
                    GuestRam.Pattern(BlockBytes, salts[block + i]).CopyTo(ram.Bytes[(i * BlockBytes)..]);
                }
            }
            request.Set(operation, offset, ram, [length]).ForceUnitAccess = random.Next(8) == 0;
            request.MayDeallocate = random.Next(2) == 0;
            DiskStatus status = request.RunOn(disk);
            if (operation == DiskOperation.Discard && status == DiskStatus.NotSupported)
                continue;
            if (status != DiskStatus.Success)
                return $"thread {thread}, step {step}: {operation} ended with {status}";
            if (operation is DiskOperation.WriteZeroes or DiskOperation.Discard)
                salts.AsSpan(block, blocks).Clear();
            if (operation != DiskOperation.Read || disk is NullDisk)
                continue;
            for (int i = 0; i < blocks; i++)
            {
                byte[] expected = salts[block + i] == 0 ? zeroes : GuestRam.Pattern(BlockBytes, salts[block + i]);
                if (!ram.Bytes.Slice(i * BlockBytes, BlockBytes).SequenceEqual(expected))
                    return $"thread {thread}, step {step}: block {block + i} has other data";
            }
        }
        return null;
    }

    private static void RunThreads(Action<int> body)
    {
        var failures = new Exception?[Threads];
        Thread[] threads = [.. Enumerable.Range(0, Threads).Select(index => new Thread(() =>
        {
            try
            {
                body(index);
            }
            catch (Exception exception)
            {
                failures[index] = exception;
            }
        })
        { IsBackground = true })];
        foreach (Thread thread in threads)
            thread.Start();
        foreach (Thread thread in threads)
            Assert.That(thread.Join(TimeSpan.FromSeconds(60)), Is.True, "A thread hangs.");
        Assert.That(failures, Is.All.Null);
    }
}
