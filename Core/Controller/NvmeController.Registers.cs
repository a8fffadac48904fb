using NvmeDoorbell.Doorbells;
using NvmeDoorbell.Spec;

namespace NvmeDoorbell.Controller;

/// <content>A guest's accesses to the controller registers and the doorbells.</content>
public sealed partial class NvmeController
{
    // NSSR.NSSRC: "NVMe".
    private const uint SubsystemResetSignature = 0x4E56_4D65;

    private readonly Func<ulong, uint> _readDword;

    /// <summary>Reads registers. Doorbells, and offsets where nothing is, read 0.</summary>
    /// <param name="offset">Offset in bytes from the start of BAR0.</param>
    /// <param name="widthBytes">1 to 8 bytes; other widths read all ones.</param>
    /// <returns>The value, little-endian.</returns>
    public ulong ReadRegister(ulong offset, int widthBytes)
    {
        if (widthBytes is < 1 or > 8 || offset > ulong.MaxValue - 8)
            return RegisterAccess.AllOnes(widthBytes);
        if (widthBytes == 8 && offset % 8 == 0 && offset < RegisterOffset.Doorbells)
            return _context.Registers.ReadQword(offset, _context.Interrupts.Mask);
        return RegisterAccess.Read(offset, widthBytes, _readDword);
    }

    /// <summary>
    /// Writes a register or rings a doorbell, and returns; what has to be done is done by the reactors. Registers take
    /// aligned accesses of 4 and 8 bytes, doorbells of 4; others are ignored.
    /// </summary>
    /// <param name="offset">Offset in bytes from the start of BAR0.</param>
    /// <param name="widthBytes">Width in bytes.</param>
    /// <param name="value">The value, little-endian.</param>
    public void WriteRegister(ulong offset, int widthBytes, ulong value)
    {
        if (offset >= RegisterOffset.Doorbells)
        {
            WriteDoorbell(offset - RegisterOffset.Doorbells, widthBytes, (uint)value);
            return;
        }
        if (widthBytes is not (4 or 8) || offset % (ulong)widthBytes != 0)
            return;
        WriteInterruptMask(offset, (uint)value);
        if (offset == RegisterOffset.SubsystemReset && (uint)value == SubsystemResetSignature)
            StartSubsystemReset();
        bool mustLook;
        if (widthBytes == 8)
        {
            WriteInterruptMask(offset + 4, (uint)(value >> 32));
            mustLook = _context.Registers.WriteQword(offset, value);
        }
        else
        {
            mustLook = _context.Registers.WriteDword(offset, (uint)value);
        }
        if (mustLook)
            _admin.LookAtRegisters();
    }

    private uint ReadRegisterDword(ulong offset) =>
        offset < RegisterOffset.Doorbells ? _context.Registers.ReadDword(offset, _context.Interrupts.Mask) : 0;

    private void StartSubsystemReset()
    {
        if (_context.Registers.OffersSubsystemReset && !_context.Registers.IsClosed)
            Subsystem.StartReset();
    }

    private void WriteInterruptMask(ulong offset, uint value)
    {
        if (offset == RegisterOffset.InterruptMaskSet)
            _context.Interrupts.SetMask(value);
        else if (offset == RegisterOffset.InterruptMaskClear)
            _context.Interrupts.ClearMask(value);
    }

    private void WriteDoorbell(ulong offset, int widthBytes, uint value)
    {
        if (widthBytes != DoorbellRegister.WidthBytes || offset % DoorbellRegister.WidthBytes != 0)
        {
            _context.Counters.CountInvalidRing();
            return;
        }
        ulong stride = DoorbellRegister.StrideBytes(Options.StrideExponent);
        ulong id = offset / stride;
        RingResult result = offset % stride != 0 || id > int.MaxValue ? RingResult.OutOfRange
            : Options.PostedDoorbells ? Doorbells.RingPosted((int)id, value)
            : Doorbells.Ring((int)id, value);
        if (result == RingResult.Ok)
            return;
        if (!IsReady)
        {
            _context.Counters.CountInvalidRing(); // a controller that is not ready has no queues and tells nobody
            return;
        }
        ReportInvalidRing(
            (int)Math.Min(id, int.MaxValue),
            result == RingResult.InvalidValue
                ? AsynchronousEvent.InvalidDoorbellWriteValue
                : AsynchronousEvent.InvalidDoorbellRegister);
    }

    private void ReportInvalidRing(int doorbellId, AsynchronousEvent asynchronousEvent)
    {
        _context.Counters.CountInvalidRing();
        _context.ErrorLog.AddForQueue((ushort)Math.Min(doorbellId / 2, ushort.MaxValue));
        NvmeEvents.Log.ReportDoorbell(Options.Serial, doorbellId, asynchronousEvent);
        _admin.Raise(asynchronousEvent);
    }
}
