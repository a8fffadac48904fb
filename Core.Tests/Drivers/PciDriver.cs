using NvmeDoorbell.Pci;

namespace NvmeDoorbell.Tests.Drivers;

/// <summary>A bus driver: knows configuration space and what the specification says about it.</summary>
internal sealed class PciDriver(PciFunction function)
{
    public const byte PowerManagement = 0x01;
    public const byte Express = 0x10;
    public const byte Msix = 0x11;

    private const uint EnableMsix = 1u << 31;
    private const uint MaskFunction = 1u << 30;

    public uint Read(uint offset, int width = 4) => function.ReadConfig(offset, width);

    public void Write(uint offset, uint value, int width = 4) => function.WriteConfig(offset, width, value);

    /// <summary>The capabilities in the order of the list: identifier and offset.</summary>
    public List<(byte Id, uint Offset)> Capabilities()
    {
        var found = new List<(byte, uint)>();
        for (uint offset = Read(0x34, 1); offset != 0; offset = Read(offset + 1, 1))
        {
            Assert.That(found, Has.Count.LessThan(48), "the list has no end");
            found.Add(((byte)Read(offset, 1), offset));
        }
        return found;
    }

    public uint Find(byte id) => Capabilities().Single(capability => capability.Id == id).Offset;

    /// <summary>Memory space and bus master on.</summary>
    public void EnableDevice() => Write(4, 0x0006, 2);

    public void SetMsix(bool isEnabled, bool isMasked = false)
    {
        uint offset = Find(Msix);
        uint kept = Read(offset) & ~(EnableMsix | MaskFunction);
        Write(offset, kept | (isEnabled ? EnableMsix : 0) | (isMasked ? MaskFunction : 0));
    }

    /// <summary>Programs a vector and unmasks it.</summary>
    public void SetVector(int vector, ulong address, uint data)
    {
        ulong entry = Table + (ulong)vector * 16;
        function.WriteBar0(entry, 8, address);
        function.WriteBar0(entry + 8, 4, data);
        MaskVector(vector, false);
    }

    public void MaskVector(int vector, bool isMasked) =>
        function.WriteBar0(Table + (ulong)vector * 16 + 12, 4, isMasked ? 1u : 0);

    public bool IsPending(int vector) =>
        (function.ReadBar0(Pending + (ulong)vector / 64 * 8, 8) >> (vector % 64) & 1) != 0;

    public ulong Table => Read(Find(Msix) + 4) & ~7u;

    public ulong Pending => Read(Find(Msix) + 8) & ~7u;

    public void ResetFunction()
    {
        uint control = Find(Express) + 8;
        Write(control, Read(control, 2) | 0x8000, 2);
    }
}
