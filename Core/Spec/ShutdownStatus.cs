namespace NvmeDoorbell.Spec;

/// <summary>CSTS.SHST. Base Specification 2.0, "Offset 1Ch: CSTS".</summary>
public enum ShutdownStatus : byte
{
    /// <summary>Normal operation: no shutdown has been asked for.</summary>
    Normal = 0,

    /// <summary>Shutdown processing is under way.</summary>
    Occurring = 1,

    /// <summary>Shutdown processing is complete.</summary>
    Complete = 2,
}
