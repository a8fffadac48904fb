using NvmeDoorbell.Controller;

namespace NvmeDoorbell.Pci;

/// <content>Guest accesses: BAR0 and configuration space.</content>
public sealed partial class PciFunction
{
    private const ushort InterruptStatus = 1 << 3;
    private const int MsixEnable = 1 << 15;
    private const int MsixFunctionMask = 1 << 14;

    /// <summary>A guest's read of BAR0.</summary>
    /// <param name="offset">Offset in bytes.</param>
    /// <param name="widthBytes">1 to 8 bytes.</param>
    /// <returns>The value, little-endian; all ones outside BAR0.</returns>
    public ulong ReadBar0(ulong offset, int widthBytes)
    {
        if (widthBytes is < 1 or > 8 || offset >= _bar.Length || _bar.Length - offset < (ulong)widthBytes)
            return RegisterAccess.AllOnes(widthBytes);
        if (offset < _bar.TableOffset)
            return Controller.ReadRegister(offset, widthBytes);
        return RegisterAccess.Read(offset, widthBytes, _readMsixDword);
    }

    /// <summary>A guest's write to BAR0. A doorbell write rings and returns; no write waits for the device.</summary>
    /// <param name="offset">Offset in bytes.</param>
    /// <param name="widthBytes">1 to 8 bytes; other than aligned 4 and 8 bytes is ignored, on a doorbell other than
    /// 4.</param>
    /// <param name="value">The value, little-endian.</param>
    public void WriteBar0(ulong offset, int widthBytes, ulong value)
    {
        if (offset >= _bar.Length || widthBytes is < 1 or > 8)
            return;
        if (offset < _bar.TableOffset)
        {
            Controller.WriteRegister(offset, widthBytes, value);
            return;
        }
        if (offset >= _bar.PendingOffset || widthBytes is not (4 or 8) || offset % (ulong)widthBytes != 0)
            return; // pending bits are read-only
        _msix.WriteTable(offset - _bar.TableOffset, (uint)value);
        if (widthBytes == 8)
            _msix.WriteTable(offset - _bar.TableOffset + 4, (uint)(value >> 32));
    }

    /// <summary>A guest's read of configuration space.</summary>
    /// <param name="offset">Offset in bytes, below 4096.</param>
    /// <param name="widthBytes">1 to 4 bytes.</param>
    /// <returns>The value, little-endian; all ones outside.</returns>
    public uint ReadConfig(uint offset, int widthBytes)
    {
        if (widthBytes is < 1 or > 4 || offset >= PciConfigurationSpace.LengthBytes)
            return (uint)RegisterAccess.AllOnes(widthBytes);
        lock (_lock)
        {
            _configuration.SetBits16(PciRegister.Status, InterruptStatus, Volatile.Read(ref _pin));
            uint value = 0;
            for (uint index = 0; index < widthBytes; index++)
                value |= (uint)_configuration.Read(offset + index) << (int)(8 * index);
            return value;
        }
    }

    /// <summary>A guest's write to configuration space. A function level reset is started, not waited for.</summary>
    /// <param name="offset">Offset in bytes, below 4096.</param>
    /// <param name="widthBytes">1 to 4 bytes.</param>
    /// <param name="value">The value, little-endian.</param>
    public void WriteConfig(uint offset, int widthBytes, uint value)
    {
        if (widthBytes is < 1 or > 4 || offset >= PciConfigurationSpace.LengthBytes)
            return;
        bool startsReset;
        lock (_lock)
        {
            for (uint index = 0; index < widthBytes; index++)
                _configuration.Write(offset + index, (byte)(value >> (int)(8 * index)));
            startsReset = StartsFunctionLevelReset(offset, widthBytes, value);
            if (!startsReset)
                ApplyInterruptState();
        }
        if (startsReset)
        {
            ResetConfiguration();
            Controller.StartReset();
        }
        else
        {
            PublishInterruptState();
        }
    }

    private static bool StartsFunctionLevelReset(uint offset, int widthBytes, uint value)
    {
        const uint high = PciRegister.ExpressDeviceControl + 1; // Initiate Function Level Reset is bit 15
        return high >= offset && high < offset + widthBytes && (value >> (int)(8 * (high - offset)) & 0x80) != 0;
    }

    private void ResetConfiguration()
    {
        lock (_lock)
        {
            _configuration.Reset();
            _msix.Reset();
            ApplyInterruptState();
        }
        PublishInterruptState();
    }

    private void ApplyInterruptState()
    {
        var command = (PciCommand)_configuration.ReadUInt16(PciRegister.Command);
        int control = _configuration.ReadUInt16(PciRegister.MsixControl);
        Volatile.Write(ref _isInterruptDisabled, (command & PciCommand.InterruptDisable) != 0);
        _msix.SetState(
            (control & MsixEnable) != 0,
            isHeld: (control & MsixFunctionMask) != 0 || (command & PciCommand.BusMaster) == 0);
    }

    private void PublishInterruptState()
    {
        Controller.OnInterruptModeChanged();
        _line.Update();
    }

    private uint ReadMsixDword(ulong offset) =>
        offset < _bar.PendingOffset
            ? _msix.ReadTable(offset - _bar.TableOffset)
            : _msix.ReadPending(offset - _bar.PendingOffset);
}
