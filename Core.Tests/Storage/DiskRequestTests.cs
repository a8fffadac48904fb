using NvmeDoorbell.Memory;
using NvmeDoorbell.Storage;

namespace NvmeDoorbell.Tests.Storage;

/// <summary>
/// A request is completed once a submission, whoever completes it, and its segments are what was added.
/// </summary>
public sealed class DiskRequestTests
{
    [Test]
    public void A_second_completion_has_no_effect()
    {
        using var request = new TestRequest();
        request.Begin();
        Assert.That(request.IsInFlight, Is.True);
        Assert.That(request.Complete(DiskStatus.Success), Is.True);
        Assert.That(request.Complete(DiskStatus.ReadError), Is.False);
        Assert.That(request.TryClaim(), Is.False);
        Assert.That(request.IsInFlight, Is.False);
        Assert.That(request.Completions, Is.EqualTo(1));
        Assert.That(request.Status, Is.EqualTo(DiskStatus.Success));
    }

    [Test]
    public void A_completion_of_an_earlier_submission_does_not_reach_a_later_one()
    {
        using var request = new TestRequest();
        request.Begin();
        ulong first = request.Token;
        Assert.That(request.Complete(first, DiskStatus.Success), Is.True);
        request.Begin();
        ulong second = request.Token;
        Assert.That(second, Is.Not.EqualTo(first));
        Assert.That(request.Complete(first, DiskStatus.ReadError), Is.False);
        Assert.That(request.IsInFlight, Is.True);
        Assert.That(request.Complete(second, DiskStatus.WriteFault), Is.True);
        Assert.That(request.Status, Is.EqualTo(DiskStatus.WriteFault));
        Assert.That(request.Completions, Is.EqualTo(2));
    }

    [TestCase(0UL)]
    [TestCase(2UL)]
    [TestCase(5UL)]
    [TestCase(ulong.MaxValue)]
    public void A_token_of_no_submission_completes_nothing(ulong token)
    {
        using var request = new TestRequest();
        Assert.That(request.Complete(token, DiskStatus.Success), Is.False);
        request.Begin();
        Assert.That(request.Token, Is.EqualTo(3));
        Assert.That(request.Complete(token, DiskStatus.Success), Is.False);
        Assert.That(request.IsInFlight, Is.True);
        Assert.That(request.TryClaim(), Is.True);
    }

    [Test]
    public void An_idle_request_cannot_be_completed()
    {
        using var request = new TestRequest();
        Assert.That(request.Complete(DiskStatus.Success), Is.False);
        Assert.That(request.Completions, Is.Zero);
    }

    [TestCase(DiskStatus.Pending)]
    [TestCase((DiskStatus)8)]
    [TestCase((DiskStatus)255)]
    public void A_status_that_is_not_final_is_refused(DiskStatus status)
    {
        using var request = new TestRequest();
        request.Begin();
        Assert.That(() => request.Complete(status), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(request.IsInFlight, Is.True);
        Assert.That(request.TryClaim(), Is.True);
    }

    [Test]
    public void A_request_in_flight_is_neither_begun_again_nor_disposed()
    {
        var request = new TestRequest();
        request.Begin();
        Assert.That(request.Begin, Throws.InvalidOperationException);
        Assert.That(request.Dispose, Throws.InvalidOperationException);
        Assert.That(request.TryClaim(), Is.True);
        request.Dispose();
        request.Dispose();
        Assert.That(request.SegmentsAddress, Is.EqualTo((nint)0));
    }

    [Test]
    public void Of_two_threads_that_complete_at_once_one_succeeds()
    {
        const int Rounds = 20_000;
        using var request = new TestRequest();
        int begun = 0;
        int answered = 0;
        int wins = 0;
        var other = new Thread(() =>
        {
            for (int round = 1; round <= Rounds; round++)
            {
                Meet(ref begun, round);
                if (request.Complete(DiskStatus.Success))
                    Interlocked.Increment(ref wins);
                Volatile.Write(ref answered, round);
            }
        })
        { IsBackground = true };
        other.Start();
        for (int round = 1; round <= Rounds; round++)
        {
            request.Begin();
            Volatile.Write(ref begun, round);
            // The other sees the round a little later, how much depends on the machine: try all of a range of delays.
            for (int delay = round % 512; delay > 0; delay--)
                Volatile.Read(ref begun);
            if (request.TryClaim())
                Interlocked.Increment(ref wins);
            Meet(ref answered, round);
        }
        Assert.That(other.Join(TimeSpan.FromSeconds(30)), Is.True);
        Assert.That(wins, Is.EqualTo(Rounds));

        static void Meet(ref int word, int round)
        {
            int looks = 0;
            while (Volatile.Read(ref word) < round)
            {
                // Spin at first, so that both are on a core when they meet.
                if (++looks % 4096 == 0)
                    Thread.Yield();
            }
        }
    }

    [Test]
    public void Segments_that_follow_on_are_joined()
    {
        using var request = new TestRequest();
        Assert.That(request.AddSegment(0x10000, 4096), Is.True);
        Assert.That(request.AddSegment(0x11000, 512), Is.True);
        Assert.That(request.AddSegment(0x11400, 512), Is.True);
        Assert.That(request.AddSegment(0x10000, 512), Is.True);
        Assert.That(request.AddSegment(0x10000, 0), Is.True);
        Assert.That(request.SegmentCount, Is.EqualTo(3));
        Assert.That(request.SegmentsLengthBytes, Is.EqualTo(4096 + 512 + 512 + 512));
        Assert.That(request.Segments[0], Is.EqualTo(new GuestSegment(0x10000, 4608)));
        Assert.That(request.Segments[1], Is.EqualTo(new GuestSegment(0x11400, 512)));
        Assert.That(request.Segments[2], Is.EqualTo(new GuestSegment(0x10000, 512)));
        request.ClearSegments();
        Assert.That(request.SegmentCount, Is.Zero);
        Assert.That(request.SegmentsLengthBytes, Is.Zero);
        Assert.That(request.Segments.IsEmpty, Is.True);
    }

    [Test]
    public void Segments_beyond_the_room_are_refused_but_still_joined()
    {
        using var request = new TestRequest(2);
        Assert.That(request.AddSegment(0x1000, 512), Is.True);
        Assert.That(request.AddSegment(0x3000, 512), Is.True);
        Assert.That(request.AddSegment(0x5000, 512), Is.False);
        Assert.That(request.AddSegment(0x3200, 512), Is.True);
        Assert.That(request.SegmentCount, Is.EqualTo(2));
        Assert.That(request.SegmentsLengthBytes, Is.EqualTo(1536));
    }

    [Test]
    public void Segments_stay_short_enough_for_a_span()
    {
        using var request = new TestRequest();
        Assert.That(() => request.AddSegment(0, (1u << 30) + 1), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(request.AddSegment(0x1000, 1 << 30), Is.True);
        Assert.That(request.AddSegment(0x1000 + (1 << 30), 512), Is.True);
        Assert.That(request.SegmentCount, Is.EqualTo(2));
    }

    [Test]
    public void Segments_lie_in_memory_as_iovec()
    {
        using var request = new TestRequest();
        request.AddSegment(0x1000, 512);
        request.AddSegment(0x3000, 1024);
        Assert.That(request.SegmentsAddress, Is.Not.Zero);
        ReadOnlySpan<byte> bytes = new GuestSegment(request.SegmentsAddress, 32).Span;
        ulong[] words = System.Runtime.InteropServices.MemoryMarshal.Cast<byte, ulong>(bytes).ToArray();
        Assert.That(words, Is.EqualTo(new ulong[] { 0x1000, 512, 0x3000, 1024 }));
    }

    [TestCase(0)]
    [TestCase(-1)]
    public void A_request_without_room_for_a_segment_is_refused(int capacity) =>
        Assert.That(() => new TestRequest(capacity), Throws.InstanceOf<ArgumentOutOfRangeException>());
}
