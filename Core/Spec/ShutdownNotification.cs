namespace NvmeDoorbell.Spec;

/// <summary>CC.SHN. Base Specification 2.0, "Offset 14h: CC".</summary>
public enum ShutdownNotification : byte
{
    /// <summary>None; no effect.</summary>
    None = 0,

    /// <summary>Normal shutdown.</summary>
    Normal = 1,

    /// <summary>Abrupt shutdown.</summary>
    Abrupt = 2,

    /// <summary>Reserved.</summary>
    Reserved = 3,
}
