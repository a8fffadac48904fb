namespace NvmeDoorbell.Spec;

/// <summary>CC.AMS. Base Specification 2.0, "Offset 14h: CC" and "Command Arbitration".</summary>
public enum ArbitrationMechanism : byte
{
    /// <summary>Round robin.</summary>
    RoundRobin = 0,

    /// <summary>Weighted round robin with urgent priority class.</summary>
    WeightedRoundRobin = 1,

    /// <summary>Vendor specific.</summary>
    VendorSpecific = 7,
}
