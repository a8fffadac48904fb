namespace NvmeDoorbell.Spec;

/// <summary>
/// Opcodes of the NVM Command Set and the I/O commands of every set. NVM Command Set Specification 1.0, "Opcodes for
/// NVM Commands"; Base Specification 2.0, "Opcodes for I/O Commands".
/// </summary>
public enum IoOpcode : byte
{
    /// <summary>00h Flush.</summary>
    Flush = 0x00,

    /// <summary>01h Write.</summary>
    Write = 0x01,

    /// <summary>02h Read.</summary>
    Read = 0x02,

    /// <summary>04h Write Uncorrectable.</summary>
    WriteUncorrectable = 0x04,

    /// <summary>05h Compare.</summary>
    Compare = 0x05,

    /// <summary>08h Write Zeroes.</summary>
    WriteZeroes = 0x08,

    /// <summary>09h Dataset Management.</summary>
    DatasetManagement = 0x09,

    /// <summary>0Ch Verify.</summary>
    Verify = 0x0C,

    /// <summary>0Dh Reservation Register.</summary>
    ReservationRegister = 0x0D,

    /// <summary>0Eh Reservation Report.</summary>
    ReservationReport = 0x0E,

    /// <summary>11h Reservation Acquire.</summary>
    ReservationAcquire = 0x11,

    /// <summary>12h I/O Management Receive.</summary>
    IoManagementReceive = 0x12,

    /// <summary>15h Reservation Release.</summary>
    ReservationRelease = 0x15,

    /// <summary>18h Cancel.</summary>
    Cancel = 0x18,

    /// <summary>19h Copy.</summary>
    Copy = 0x19,

    /// <summary>1Dh I/O Management Send.</summary>
    IoManagementSend = 0x1D,
}
