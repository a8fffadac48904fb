using NvmeDoorbell.Pci;

namespace NvmeDoorbell.Tests.Pci;

/// <summary>The MSI-X table under threads that raise and mask at once.</summary>
internal sealed class MsixTableTests
{
    [Test]
    public void Edge36_No_interrupt_is_lost_between_raise_and_unmask()
    {
        int delivered = 0;
        int raised = 0;
        var table = new MsixTable(1, (_, _) => Interlocked.Increment(ref delivered));
        table.SetState(isEnabled: true, isHeld: false);
        var masker = new Thread(() =>
        {
            for (uint round = 0; Volatile.Read(ref raised) < 20_000; round++)
                table.WriteTable(12, round & 1);
            table.WriteTable(12, 0);
        });
        masker.Start();

        for (int count = 0; count < 20_000; count++)
        {
            int before = Volatile.Read(ref delivered);
            table.Raise(0);
            Volatile.Write(ref raised, count + 1);
            Wait.Until(() => Volatile.Read(ref delivered) > before, "the interrupt, now or at an unmask");
        }
        masker.Join();

        Assert.That(delivered, Is.EqualTo(20_000));
        Assert.That(table.IsPending(0), Is.False);
    }

    [Test]
    public void With_MSIX_off_nothing_is_delivered_and_nothing_pends()
    {
        int delivered = 0;
        var table = new MsixTable(2, (_, _) => delivered++);
        table.Raise(0);
        table.SetState(isEnabled: true, isHeld: false);
        table.WriteTable(12, 0);
        Assert.That(delivered, Is.Zero);

        table.Raise(1);
        Assert.That(table.IsPending(1), Is.True);
        table.SetState(isEnabled: false, isHeld: false);
        Assert.That(table.IsPending(1), Is.False);
    }

    [Test]
    public void Raising_a_vector_beyond_the_table_does_nothing()
    {
        var table = new MsixTable(2, (_, _) => Assert.Fail("there is no such vector"));
        table.SetState(isEnabled: true, isHeld: false);

        table.Raise(2);
        table.Raise(-1);
        table.Raise(int.MaxValue);
    }
}
