namespace NvmeDoorbell.Spec;

/// <summary>
/// Reservation Notification Log Page Type; also the bit of the Reservation Notification Mask feature that holds it back.
/// Base Specification 2.0, "Reservation Notification Log Page".
/// </summary>
public enum ReservationNotification : byte
{
    /// <summary>0h The log is empty.</summary>
    Empty = 0,

    /// <summary>1h The host's registration has been taken by another.</summary>
    RegistrationPreempted = 1,

    /// <summary>2h A reservation of registrants has been released.</summary>
    ReservationReleased = 2,

    /// <summary>3h A reservation has been taken or cleared by another.</summary>
    ReservationPreempted = 3,
}
