using NvmeDoorbell.Controller;
using NvmeDoorbell.Storage;

namespace NvmeDoorbell.Tests.Controller;

public sealed class NamespaceTableTests
{
    [Test]
    public void What_is_put_in_is_found_until_it_is_taken_out()
    {
        var table = new NamespaceTable();
        Assert.That(table.TryGet(1, out _), Is.False);
        foreach (uint id in (uint[])[3, 1, NamespaceTable.MaxId])
            table.Set(id, new Namespace(id, new NullDisk(4096)));
        Assert.That(table.TryGet(3, out Namespace? found), Is.True);
        Assert.That(found!.Id, Is.EqualTo(3));
        var other = new Namespace(3, new NullDisk(8192));
        table.Set(3, other);
        Assert.That(table.TryGet(3, out found), Is.True);
        Assert.That(found, Is.SameAs(other));
        table.Set(3, null);
        table.Set(3, null);
        Assert.That(table.TryGet(3, out _), Is.False);
        Assert.That(table.All.ToArray().Where(each => each is not null).Select(each => each!.Id),
            Is.EqualTo(new[] { 1u, NamespaceTable.MaxId }));
    }

    [TestCase(0u)]
    [TestCase(4u)]
    [TestCase(NamespaceTable.MaxId)]
    [TestCase(NamespaceTable.MaxId + 1)]
    [TestCase(uint.MaxValue)]
    public void What_is_not_there_is_not_found(uint id)
    {
        var table = new NamespaceTable();
        table.Set(3, new Namespace(3, new NullDisk(4096)));
        Assert.That(table.TryGet(id, out Namespace? found), Is.False);
        Assert.That(found, Is.Null);
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
