using NvmeDoorbell.Interop.Native;
using NvmeDoorbell.Storage;

namespace NvmeDoorbell.Tests.Interop;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class NativeRequestTableTests : IDisposable
{
    private readonly NativeRequestTable _table = new();
    private readonly NativeDisk _disk = new(default, 512, 4096, isReadOnly: false);
    private readonly Request _request = new();

    public void Dispose()
    {
        _request.Dispose();
        _disk.Dispose();
    }

    [Test]
    public void A_token_is_good_once()
    {
        ulong token = _table.Add(Native());
        Assert.That(token, Is.Not.Zero);
        Assert.That(_table.TryClaim(token, out NativeRequest claimed));
        Assert.That(claimed.Request, Is.SameAs(_request));
        Assert.That(_table.TryClaim(token, out _), Is.False);
        ulong next = _table.Add(Native());
        Assert.That(next, Is.Not.EqualTo(token));
        Assert.That(_table.TryClaim(token, out _), Is.False);
        Assert.That(_table.TryClaim(next, out _));
    }

    [Test]
    public void Edge39_Made_up_tokens_claim_nothing()
    {
        Assert.That(_table.TryClaim(0, out _), Is.False);
        Assert.That(_table.TryClaim(ulong.MaxValue, out _), Is.False);
        ulong token = _table.Add(Native());
        for (int bit = 0; bit < 64; bit++)
            Assert.That(_table.TryClaim(token ^ 1UL << bit, out _), Is.False, $"bit {bit} flipped");
        Assert.That(_table.TryClaim(token, out _));
    }

    [Test]
    public void Each_token_is_claimed_by_one_of_many_threads()
    {
        const int Rounds = 20_000;
        const int Threads = 3;
        ulong[] tokens = new ulong[64];
        int claims = 0;
        bool stop = false;
        Thread[] claimers = [.. Enumerable.Range(0, Threads).Select(_ => new Thread(() =>
        {
            while (!Volatile.Read(ref stop))
            {
                for (int i = 0; i < tokens.Length; i++)
                {
                    if (_table.TryClaim(Volatile.Read(ref tokens[i]), out NativeRequest _))
                        Interlocked.Increment(ref claims);
                }
            }
        }))];
        foreach (Thread claimer in claimers)
            claimer.Start();
        for (int round = 0; round < Rounds; round++)
        {
            int i = round % tokens.Length;
            if (_table.TryClaim(tokens[i], out _))
                Interlocked.Increment(ref claims);
            Volatile.Write(ref tokens[i], _table.Add(Native()));
        }

        Volatile.Write(ref stop, true);
        foreach (Thread claimer in claimers)
            claimer.Join();
        foreach (ulong token in tokens)
            claims += _table.TryClaim(token, out _) ? 1 : 0;
        Assert.That(claims, Is.EqualTo(Rounds));
    }

    [Test]
    public void Requests_under_way_allocate_nothing_once_the_table_has_grown()
    {
        ulong[] tokens = new ulong[1000];
        Fill();
        long before = GC.GetAllocatedBytesForCurrentThread();
        Fill();
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);

        void Fill()
        {
            for (int i = 0; i < tokens.Length; i++)
                tokens[i] = _table.Add(Native());
            for (int i = 0; i < tokens.Length; i++)
                _table.TryClaim(tokens[i], out _);
        }
    }

    private NativeRequest Native() => new(_request, 1, _disk);

    private sealed class Request() : DiskRequest(1)
    {
        protected override void OnCompleted(DiskStatus status)
        {
        }
    }
}
