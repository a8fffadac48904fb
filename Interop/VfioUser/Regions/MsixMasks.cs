using NvmeDoorbell.Pci;

namespace NvmeDoorbell.VfioUser.Regions;

/// <summary>
/// Keeps the function's own MSI-X table in step with what the client has set up by <c>VFIO_USER_DEVICE_SET_IRQS</c>.
/// </summary>
/// <remarks>
/// Clients keep the guest's MSI-X table themselves and tell the device of eventfds alone. So a vector is unmasked here
/// while it has an eventfd and the client has not masked it; what is raised meanwhile is pending, and can be read in the
/// pending bits. A client that assigns an eventfd while MSI-X is off in configuration space, as one without a guest
/// does, wants MSI-X: it is switched on.
/// </remarks>
internal sealed class MsixMasks
{
    private const uint TableRegister = 4;
    private const ulong EntryBytes = 16;
    private const ulong VectorControl = 12;
    private const uint Enable = 0x8000;
    private const uint BusMaster = 4;
    private const uint CommandRegister = 4;
    private const uint FirstCapability = 0x34;
    private const uint MsixCapability = 0x11;

    private readonly PciFunction _function;
    private readonly bool[] _isAssigned;
    private readonly bool[] _isMasked;
    private readonly uint _capability;
    private readonly ulong _table;

    public MsixMasks(PciFunction function)
    {
        _function = function;
        _isAssigned = new bool[function.Vectors];
        _isMasked = new bool[function.Vectors];
        _capability = FindCapability(function);
        _table = function.ReadConfig(_capability + TableRegister, 4) & ~7u;
    }

    /// <summary>The client has set, or taken away, a vector's eventfd.</summary>
    public void OnAssigned(int vector, bool isAssigned)
    {
        _isAssigned[vector] = isAssigned;
        if (isAssigned)
            SwitchOn();
        Apply(vector);
    }

    /// <summary>The client masks or unmasks a vector.</summary>
    public void SetMasked(int vector, bool isMasked)
    {
        _isMasked[vector] = isMasked;
        Apply(vector);
    }

    /// <summary>Configuration space has been written: a function level reset has masked the table, perhaps.</summary>
    public void OnConfigurationWritten()
    {
        for (int vector = 0; vector < _isAssigned.Length; vector++)
        {
            if (_isAssigned[vector])
                Apply(vector);
        }
    }

    /// <summary>The table is another device's, whose client has set up other vectors than this one's.</summary>
    public void OnTableReplaced()
    {
        for (int vector = 0; vector < _isAssigned.Length; vector++)
            Apply(vector);
    }

    private void Apply(int vector)
    {
        bool isOpen = _isAssigned[vector] && !_isMasked[vector];
        _function.WriteBar0(_table + (ulong)vector * EntryBytes + VectorControl, 4, isOpen ? 0u : 1u);
    }

    private void SwitchOn()
    {
        if (_function.IsMsixEnabled)
            return;
        uint command = _function.ReadConfig(CommandRegister, 2);
        _function.WriteConfig(CommandRegister, 2, command | BusMaster);
        uint control = _function.ReadConfig(_capability + 2, 2);
        _function.WriteConfig(_capability + 2, 2, control | Enable);
    }

    private static uint FindCapability(PciFunction function)
    {
        uint capability = function.ReadConfig(FirstCapability, 1);
        while (capability != 0 && function.ReadConfig(capability, 1) != MsixCapability)
            capability = function.ReadConfig(capability + 1, 1);
        return capability;
    }
}
