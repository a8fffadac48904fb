namespace NvmeDoorbell.Spec;

/// <summary>Reservation Type (RTYPE). Base Specification 2.0, "Reservation Type Encoding".</summary>
public enum ReservationType : byte
{
    /// <summary>0h No reservation is held.</summary>
    None = 0,

    /// <summary>1h Write Exclusive: the holder writes.</summary>
    WriteExclusive = 1,

    /// <summary>2h Exclusive Access: the holder reads and writes.</summary>
    ExclusiveAccess = 2,

    /// <summary>3h Write Exclusive - Registrants Only.</summary>
    WriteExclusiveRegistrantsOnly = 3,

    /// <summary>4h Exclusive Access - Registrants Only.</summary>
    ExclusiveAccessRegistrantsOnly = 4,

    /// <summary>5h Write Exclusive - All Registrants: every registrant is a holder.</summary>
    WriteExclusiveAllRegistrants = 5,

    /// <summary>6h Exclusive Access - All Registrants: every registrant is a holder.</summary>
    ExclusiveAccessAllRegistrants = 6,
}
