namespace NvmeDoorbell.Spec;

/// <summary>ONCS of Identify Controller. Base Specification 2.0, "Identify Controller Data Structure".</summary>
[Flags]
public enum OptionalIoCommands : ushort
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>Bit 0: Compare.</summary>
    Compare = 1 << 0,

    /// <summary>Bit 1: Write Uncorrectable.</summary>
    WriteUncorrectable = 1 << 1,

    /// <summary>Bit 2: Dataset Management.</summary>
    DatasetManagement = 1 << 2,

    /// <summary>Bit 3: Write Zeroes.</summary>
    WriteZeroes = 1 << 3,

    /// <summary>Bit 4: the Save field of Set Features and the Select field of Get Features.</summary>
    SaveAndSelect = 1 << 4,

    /// <summary>Bit 5: reservations.</summary>
    Reservations = 1 << 5,

    /// <summary>Bit 6: the Timestamp feature.</summary>
    Timestamp = 1 << 6,

    /// <summary>Bit 7: Verify.</summary>
    Verify = 1 << 7,

    /// <summary>Bit 8: Copy.</summary>
    Copy = 1 << 8,
}
