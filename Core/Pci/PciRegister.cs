namespace NvmeDoorbell.Pci;

/// <summary>Offsets in configuration space, and where this function's capabilities lie.</summary>
internal static class PciRegister
{
    public const int VendorId = 0x00;
    public const int DeviceId = 0x02;
    public const int Command = 0x04;
    public const int Status = 0x06;
    public const int RevisionId = 0x08;
    public const int ClassCode = 0x09;
    public const int CacheLineSize = 0x0C;
    public const int Bar0 = 0x10;
    public const int SubsystemVendorId = 0x2C;
    public const int SubsystemId = 0x2E;
    public const int CapabilitiesPointer = 0x34;
    public const int InterruptLine = 0x3C;
    public const int InterruptPin = 0x3D;

    public const int PowerManagement = 0x40;
    public const int PowerManagementControl = PowerManagement + 4;
    public const int Msix = 0x50;
    public const int MsixControl = Msix + 2;
    public const int Express = 0x60;
    public const int ExpressDeviceControl = Express + 8;
    public const int ExpressDeviceStatus = Express + 10;

    public const int ErrorReporting = 0x100;
    public const int UncorrectableErrorStatus = ErrorReporting + 4;
    public const int UncorrectableErrorMask = ErrorReporting + 8;
    public const int UncorrectableErrorSeverity = ErrorReporting + 12;
    public const int CorrectableErrorStatus = ErrorReporting + 16;
    public const int CorrectableErrorMask = ErrorReporting + 20;
    public const int ErrorReportingEnd = ErrorReporting + 0x48;
}
