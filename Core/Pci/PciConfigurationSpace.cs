using System.Buffers.Binary;
using NvmeDoorbell.Controller;

namespace NvmeDoorbell.Pci;

/// <summary>
/// The 4096 bytes of a type 0 function: values, which bits a guest may change, and the fixed layout of the header and
/// the capabilities. What a change means is the function's business.
/// </summary>
/// <remarks>Not thread-safe: the function holds its lock around every call.</remarks>
internal sealed class PciConfigurationSpace
{
    public const int LengthBytes = 4096;

    private readonly byte[] _values = new byte[LengthBytes];
    private readonly byte[] _initial = new byte[LengthBytes];
    private readonly byte[] _writable = new byte[LengthBytes];
    private readonly byte[] _clearedByOne = new byte[LengthBytes];

    public PciConfigurationSpace(PciIdentity identity, in Bar0Layout bar, int vectors)
    {
        SetHeader(identity, bar.Length);
        SetPowerManagement();
        SetMsix(bar, vectors);
        SetExpress();
        SetErrorReporting();
        _values.CopyTo(_initial, 0);
    }

    /// <summary>As after a function level reset. Error status, masks and severities are sticky: they outlive it.</summary>
    public void Reset()
    {
        _initial.AsSpan(0, PciRegister.ErrorReporting).CopyTo(_values);
        _initial.AsSpan(PciRegister.ErrorReportingEnd).CopyTo(_values.AsSpan(PciRegister.ErrorReportingEnd));
    }

    public ushort ReadUInt16(int offset) => BinaryPrimitives.ReadUInt16LittleEndian(_values.AsSpan(offset));

    public ulong ReadUInt64(int offset) => BinaryPrimitives.ReadUInt64LittleEndian(_values.AsSpan(offset));

    /// <summary>The device's own change of a bit, for instance Interrupt Status.</summary>
    public void SetBits16(int offset, ushort bits, bool set)
    {
        int value = ReadUInt16(offset);
        value = set ? value | bits : value & ~bits;
        BinaryPrimitives.WriteUInt16LittleEndian(_values.AsSpan(offset), (ushort)value);
    }

    /// <summary>One byte as a guest sees it; FFh past the end.</summary>
    public byte Read(uint offset) => offset < LengthBytes ? _values[offset] : (byte)0xFF;

    /// <summary>One byte written by a guest: only what is writable changes.</summary>
    public void Write(uint offset, byte value)
    {
        if (offset >= LengthBytes)
            return;
        if (offset == PciRegister.PowerManagementControl && (value & 3) is 1 or 2)
            return; // D1 and D2 are not offered: the state stays as it is
        int kept = _values[offset] & ~_writable[offset] & ~(value & _clearedByOne[offset]);
        _values[offset] = (byte)(kept | value & _writable[offset]);
    }

    public void Save(StateWriter writer) => writer.Write(_values);

    /// <summary>Reads values: of a space with the same layout, that a guest can have made of the first ones.</summary>
    /// <returns>Takes them over.</returns>
    public Action Read(ref StateReader reader)
    {
        byte[] values = reader.ReadBytes(LengthBytes).ToArray();
        for (int offset = 0; offset < LengthBytes; offset++)
        {
            int fixedBits = ~(_writable[offset] | _clearedByOne[offset]);
            reader.Require(
                ((values[offset] ^ _initial[offset]) & fixedBits) == 0, $"configuration space is another at {offset:X}h");
        }
        reader.Require((values[PciRegister.PowerManagementControl] & 3) is 0 or 3, "the power state is none that there is");
        return () => values.CopyTo(_values, 0);
    }

    private void SetHeader(PciIdentity identity, ulong barLengthBytes)
    {
        Set16(PciRegister.VendorId, identity.VendorId);
        Set16(PciRegister.DeviceId, identity.DeviceId);
        Set16(PciRegister.Command, 0, writable: (ushort)(PciCommand.MemorySpace | PciCommand.BusMaster |
            PciCommand.ParityErrorResponse | PciCommand.SystemError | PciCommand.InterruptDisable));
        Set16(PciRegister.Status, 0x0010, clearedByOne: 0xF900); // capabilities list
        _values[PciRegister.RevisionId] = 0;
        _values[PciRegister.ClassCode] = 0x02; // NVM Express I/O controller,
        _values[PciRegister.ClassCode + 1] = 0x08; // non-volatile memory,
        _values[PciRegister.ClassCode + 2] = 0x01; // mass storage
        _writable[PciRegister.CacheLineSize] = 0xFF;
        ulong addressBits = ~(barLengthBytes - 1);
        Set32(PciRegister.Bar0, 0x4, writable: (uint)addressBits); // memory, 64-bit, not prefetchable
        Set32(PciRegister.Bar0 + 4, 0, writable: (uint)(addressBits >> 32));
        Set16(PciRegister.SubsystemVendorId, identity.SubsystemVendorId);
        Set16(PciRegister.SubsystemId, identity.SubsystemId);
        _values[PciRegister.CapabilitiesPointer] = PciRegister.PowerManagement;
        _writable[PciRegister.InterruptLine] = 0xFF;
        _values[PciRegister.InterruptPin] = 1; // INTA#
    }

    private void SetPowerManagement()
    {
        Set16(PciRegister.PowerManagement, PciRegister.Msix << 8 | 0x01);
        Set16(PciRegister.PowerManagement + 2, 0x0003); // version 3: D0 and D3hot, no PME
        Set16(PciRegister.PowerManagementControl, 0x0008, writable: 0x0003); // No_Soft_Reset
    }

    private void SetMsix(in Bar0Layout bar, int vectors)
    {
        Set16(PciRegister.Msix, PciRegister.Express << 8 | 0x11);
        Set16(PciRegister.MsixControl, (ushort)(vectors - 1), writable: 0xC000); // Enable, Function Mask
        Set32(PciRegister.Msix + 4, (uint)bar.TableOffset); // in BAR0: BIR 0
        Set32(PciRegister.Msix + 8, (uint)bar.PendingOffset);
    }

    private void SetExpress()
    {
        Set16(PciRegister.Express, 0x10); // last in the list
        Set16(PciRegister.Express + 2, 0x0002); // version 2, endpoint
        Set32(PciRegister.Express + 4, 0x10008000); // device: function level reset, role-based errors, 128 B payload
        Set16(PciRegister.ExpressDeviceControl, 0x2810, writable: 0x7FFF); // relaxed ordering, no snoop, 512 B reads
        Set16(PciRegister.ExpressDeviceStatus, 0, clearedByOne: 0x000F);
        Set32(PciRegister.Express + 12, 0x00000043); // link: four lanes at 8 GT/s
        Set16(PciRegister.Express + 16, 0, writable: 0x01FB);
        Set16(PciRegister.Express + 18, 0x0043);
        Set32(PciRegister.Express + 36, 0x00000010); // completion timeout can be disabled
        Set16(PciRegister.Express + 40, 0, writable: 0x0010);
        Set32(PciRegister.Express + 44, 0x0000000E); // link speeds up to 8 GT/s
        Set16(PciRegister.Express + 48, 0x0003, writable: 0x000F);
    }

    // Advanced Error Reporting, PCI Express Base 5.0, 7.8.4: a driver may set masks and severities. A function in
    // software has no link that could fail, so no status bit is ever set.
    private void SetErrorReporting()
    {
        const uint uncorrectable = 0x0461_F030; // what an endpoint has of data link, flow control, completions, TLPs
        const uint correctable = 0x0000_F1C1;
        Set32(PciRegister.ErrorReporting, 0x0002_0001); // version 2, last in the list
        Set32(PciRegister.UncorrectableErrorStatus, 0);
        Set32(PciRegister.UncorrectableErrorMask, 0, writable: uncorrectable);
        Set32(PciRegister.UncorrectableErrorSeverity, 0x0046_2030 & uncorrectable, writable: uncorrectable);
        Set32(PciRegister.CorrectableErrorStatus, 0);
        Set32(PciRegister.CorrectableErrorMask, 0x0000_2000, writable: correctable); // Advisory Non-Fatal is masked
    }

    private void Set16(int offset, ushort value, ushort writable = 0, ushort clearedByOne = 0)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(_values.AsSpan(offset), value);
        BinaryPrimitives.WriteUInt16LittleEndian(_writable.AsSpan(offset), writable);
        BinaryPrimitives.WriteUInt16LittleEndian(_clearedByOne.AsSpan(offset), clearedByOne);
    }

    private void Set32(int offset, uint value, uint writable = 0)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(_values.AsSpan(offset), value);
        BinaryPrimitives.WriteUInt32LittleEndian(_writable.AsSpan(offset), writable);
    }
}
