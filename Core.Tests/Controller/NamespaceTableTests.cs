using NvmeDoorbell.Controller;
using NvmeDoorbell.Storage;

namespace NvmeDoorbell.Tests.Controller;

public sealed class NamespaceTableTests
{
    [Test]
    public void Identifiers_are_given_from_the_lowest_and_looked_up()
    {
        var table = new NamespaceTable();
        Assert.That(table.TryGet(1, out _), Is.False);
        foreach (uint id in (uint[])[1, 2, 3])
        {
            Assert.That(table.TryAdd(0, new NullDisk(4096), out Namespace? added), Is.True);
            Assert.That(added!.Id, Is.EqualTo(id));
        }
        Assert.That(table.TryRemove(2, out _), Is.True);
        Assert.That(table.TryAdd(0, new NullDisk(4096), out Namespace? again), Is.True);
        Assert.That(again!.Id, Is.EqualTo(2));
        Assert.That(table.TryGet(2, out Namespace? found), Is.True);
        Assert.That(found, Is.SameAs(again));
        Assert.That(table.Snapshot.ToArray().Select(each => each?.Id), Is.EqualTo(new uint?[] { null, 1, 2, 3 }));
    }

    [TestCase(0u)]
    [TestCase(4u)]
    [TestCase(NamespaceTable.MaxId)]
    [TestCase(NamespaceTable.MaxId + 1)]
    [TestCase(uint.MaxValue)]
    public void What_is_not_there_is_not_found(uint id)
    {
        var table = new NamespaceTable();
        table.TryAdd(3, new NullDisk(4096), out _);
        Assert.That(table.TryGet(id, out Namespace? found), Is.False);
        Assert.That(found, Is.Null);
        Assert.That(table.TryRemove(id, out _), Is.False);
    }

    [Test]
    public void Taken_and_impossible_identifiers_are_refused()
    {
        var table = new NamespaceTable();
        for (uint id = 1; id <= NamespaceTable.MaxId; id++)
            Assert.That(table.TryAdd(0, new NullDisk(4096), out _), Is.True);
        Assert.That(table.TryAdd(0, new NullDisk(4096), out _), Is.False);
        Assert.That(table.TryAdd(7, new NullDisk(4096), out _), Is.False);
        Assert.That(table.TryAdd(NamespaceTable.MaxId + 1, new NullDisk(4096), out _), Is.False);
        Assert.That(table.TryAdd(uint.MaxValue, new NullDisk(4096), out _), Is.False);
    }

    [TestCase(0ul, 2048u, true)]
    [TestCase(2047ul, 1u, true)]
    [TestCase(2048ul, 0u, true)]
    [TestCase(2048ul, 1u, false)]
    [TestCase(1ul, 2048u, false)]
    [TestCase(ulong.MaxValue, 2u, false)]
    [TestCase(ulong.MaxValue - 1, uint.MaxValue, false)]
    public void Edge30_Ranges_are_checked_without_overflow(ulong first, uint count, bool inside) =>
        Assert.That(new Namespace(1, new NullDisk(1 << 20)).Contains(first, count), Is.EqualTo(inside));
}
