using NvmeDoorbell.Storage;
using NvmeDoorbell.Tests.Drivers;

namespace NvmeDoorbell.Tests.Storage;

/// <summary>Each fault of a plan does what it says, and nothing else.</summary>
public sealed class FaultyDiskTests
{
    private const int Block = 512;

    private static FaultyDisk Make(DiskFaultPlan plan) => new(new RamDisk(1 << 20), plan);

    [Test]
    public void A_plan_is_read_from_text()
    {
        DiskFaultPlan plan = DiskFaultPlan.Parse("fail=1, stall=2,twice=3,never=4,reorder=5,seed=6");
        Assert.That(plan, Is.EqualTo(
            new DiskFaultPlan { Fail = 1, Stall = 2, Twice = 3, Never = 4, Reorder = 5, Seed = 6 }));
        Assert.That(DiskFaultPlan.Parse(""), Is.EqualTo(new DiskFaultPlan()));
    }

    [TestCase("fail")]
    [TestCase("fail=")]
    [TestCase("fail=-1")]
    [TestCase("fail=1=2")]
    [TestCase("explode=1")]
    public void A_plan_that_makes_no_sense_is_refused(string text) =>
        Assert.That(() => DiskFaultPlan.Parse(text), Throws.TypeOf<FormatException>());

    [Test]
    public void Failing_requests_touch_nothing()
    {
        using FaultyDisk disk = Make(new DiskFaultPlan { Fail = 1 });
        using var ram = new GuestRam(Block);
        using var request = new TestRequest();
        ram.Bytes.Fill(7);
        Assert.That(request.Set(DiskOperation.Read, 0, ram).RunOn(disk), Is.EqualTo(DiskStatus.ReadError));
        Assert.That(ram.Bytes.ToArray(), Is.All.EqualTo(7));
        Assert.That(request.Set(DiskOperation.Write, 0, ram).RunOn(disk), Is.EqualTo(DiskStatus.WriteFault));
        Assert.That(request.Set(DiskOperation.Flush).RunOn(disk), Is.EqualTo(DiskStatus.WriteFault));
    }

    [Test]
    public void A_second_completion_is_caught()
    {
        using FaultyDisk disk = Make(new DiskFaultPlan { Twice = 1 });
        using var request = new TestRequest();
        for (int run = 0; run < 100; run++)
            Assert.That(request.Set(DiskOperation.Flush).RunOn(disk), Is.EqualTo(DiskStatus.Success));
        Wait.Until(() => disk.GetStatistics().CaughtTwice == 100, "100 second completions");
        Assert.That(request.Completions, Is.EqualTo(100));
        Assert.That(disk.GetStatistics().MissedTwice, Is.Zero);
    }

    [Test]
    public void A_request_that_never_completes_is_kept_until_it_is_released()
    {
        using FaultyDisk disk = Make(new DiskFaultPlan { Never = 1 });
        using var request = new TestRequest();
        Assert.That(request.Set(DiskOperation.Flush).SubmitTo(disk), Is.EqualTo(DiskStatus.Pending));
        Assert.That(disk.GetStatistics().Held, Is.EqualTo(1));
        disk.Release();
        Wait.Until(() => request.Completions == 1, "the completion");
        Assert.That(request.Status, Is.EqualTo(DiskStatus.Success));
    }

    [Test]
    public void Dispose_completes_what_is_stalled_and_kept()
    {
        FaultyDisk disk = Make(new DiskFaultPlan { Never = 2, Stall = 2, Reorder = 2 });
        TestRequest[] requests = [.. Enumerable.Range(0, 50).Select(_ => new TestRequest(1))];
        int pending = requests.Count(request => request.Set(DiskOperation.Flush).SubmitTo(disk) == DiskStatus.Pending);
        disk.Dispose();
        Assert.That(requests.Sum(request => request.Completions), Is.EqualTo(pending));
        Assert.That(pending, Is.Positive);
        Array.ForEach(requests, request => request.Dispose());
    }

    [Test]
    public void Requests_are_completed_out_of_order()
    {
        using FaultyDisk disk = Make(new DiskFaultPlan { Never = 1 });
        List<int> order = [];
        TestRequest[] requests =
        [
            .. Enumerable.Range(0, 50).Select(index => new TestRequest(1) { Completing = _ => order.Add(index) }),
        ];
        foreach (TestRequest request in requests)
            request.Set(DiskOperation.Flush).SubmitTo(disk);
        disk.Release();
        Wait.Until(() => requests.All(request => request.Completions == 1), "all completions");
        Assert.That(order, Is.Not.Ordered);
        Assert.That(order, Is.EquivalentTo(Enumerable.Range(0, 50)));
    }

    [Test]
    public void A_new_plan_holds_from_the_next_request_on_and_what_is_kept_stays()
    {
        using FaultyDisk disk = Make(new DiskFaultPlan { Never = 1 });
        using var kept = new TestRequest();
        using var next = new TestRequest();
        kept.Set(DiskOperation.Flush).SubmitTo(disk);
        disk.Plan = new DiskFaultPlan { Fail = 1 };
        Assert.That(disk.Plan.Fail, Is.EqualTo(1));
        Assert.That(next.Set(DiskOperation.Flush).SubmitTo(disk), Is.EqualTo(DiskStatus.WriteFault));
        Assert.That(disk.GetStatistics(), Is.EqualTo(new DiskFaultStatistics(1, 0, 0, 1, 0, 0, 1)));
        disk.Release();
        Wait.Until(() => kept.Completions == 1, "the completion");
        Assert.That(disk.GetStatistics(), Is.EqualTo(new DiskFaultStatistics(1, 0, 0, 1, 0, 0, 0)));
    }

    [TestCase("never=1")]
    [TestCase("never=1,twice=1")]
    [TestCase("stall=1")]
    public void A_request_that_is_held_is_given_up_once(string plan)
    {
        using FaultyDisk disk = Make(DiskFaultPlan.Parse(plan));
        using var request = new TestRequest();
        request.Set(DiskOperation.Flush).SubmitTo(disk);
        ulong token = request.Token;
        using var other = new TestRequest();
        Assert.That(disk.TryCancel(other, token), Is.False, "another request");
        Assert.That(disk.TryCancel(request, token + 2), Is.False, "another submission");

        bool isTaken = disk.TryCancel(request, token);

        Wait.Until(() => request.Completions == 1, "the completion");
        // A stall may have ended by itself before it was asked.
        Assert.That(request.Status, Is.EqualTo(isTaken ? DiskStatus.Aborted : DiskStatus.Success));
        Assert.That(isTaken || plan.StartsWith("stall", StringComparison.Ordinal), Is.True);
        Assert.That(disk.TryCancel(request, token), Is.False, "it is gone");
        Assert.That(disk.GetStatistics().Held, Is.Zero);
        Assert.That(disk.GetStatistics().CaughtTwice, Is.EqualTo(plan.Contains("twice", StringComparison.Ordinal) ? 1 : 0));
        Assert.That(disk.GetStatistics().MissedTwice, Is.Zero);
    }

    [Test]
    public void What_the_disk_behind_has_is_for_that_one_to_give_up()
    {
        var inner = new ManualDisk { Cancelling = ManualDisk.GiveUp };
        using var disk = new FaultyDisk(inner, new DiskFaultPlan());
        using var request = new TestRequest();
        request.Set(DiskOperation.Flush).SubmitTo(disk);

        Assert.That(disk.TryCancel(request, request.Token), Is.True);
        Assert.That(request.Status, Is.EqualTo(DiskStatus.Aborted));
    }

    [Test]
    public void Every_fault_is_counted()
    {
        using FaultyDisk disk = Make(new DiskFaultPlan { Stall = 2, Reorder = 2 });
        TestRequest[] requests = [.. Enumerable.Range(0, 100).Select(_ => new TestRequest(1))];
        int pending = requests.Count(request => request.Set(DiskOperation.Flush).SubmitTo(disk) == DiskStatus.Pending);
        Wait.Until(() => disk.GetStatistics().Held == 0, "all stalls to end");
        DiskFaultStatistics counts = disk.GetStatistics();
        Assert.That(counts.Stalled, Is.InRange(20, 80));
        Assert.That(counts.Reordered, Is.InRange(10, 40));
        Assert.That(counts.Stalled + counts.Reordered, Is.EqualTo(pending));
        disk.Dispose();
        Array.ForEach(requests, request => request.Dispose());
    }
}
