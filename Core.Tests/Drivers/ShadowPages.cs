using NvmeDoorbell.Memory;
using NvmeDoorbell.Spec;

namespace NvmeDoorbell.Tests.Drivers;

/// <summary>The shadow doorbell page and its EventIdx page, as a guest uses them.</summary>
internal sealed class ShadowPages(ControllerDriver driver)
{
    private readonly ulong _pages = driver.AllocatePages(2);

    private ulong EventIdxPage => _pages + GuestMemory.PageBytes;

    public StatusCode Configure() => driver.Execute(new SubmissionEntry
    {
        Opcode = (byte)AdminOpcode.DoorbellBufferConfig,
        Prp1 = _pages,
        Prp2 = EventIdxPage,
    }).Status;

    public uint Value(ulong doorbell) =>
        BitConverter.ToUInt32(driver.ReadRam(_pages + doorbell - RegisterOffset.Doorbells, 4));

    /// <summary>Stores a value, and writes the register where EventIdx asks for it.</summary>
    public void Ring(ulong doorbell, int value, bool alwaysKick = false)
    {
        ulong offset = doorbell - RegisterOffset.Doorbells;
        var old = (ushort)Value(doorbell);
        Assert.That(driver.Memory.TryWrite(_pages + offset, BitConverter.GetBytes((uint)value)), Is.True);
        Interlocked.MemoryBarrier();
        var eventIdx = BitConverter.ToUInt16(driver.ReadRam(EventIdxPage + offset, 4));
        if (alwaysKick || (ushort)(value - eventIdx - 1) < (ushort)(value - old))
            driver.Write32(doorbell, (uint)value);
    }

    public void Fill(byte value)
    {
        var bytes = new byte[2 * GuestMemory.PageBytes];
        Array.Fill(bytes, value);
        driver.Memory.TryWrite(_pages, bytes);
    }

    public byte[] All() => driver.ReadRam(_pages, 2 * GuestMemory.PageBytes);
}
