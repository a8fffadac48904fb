namespace NvmeDoorbell.Spec;

/// <summary>Values of VS and of VER in Identify Controller. Base Specification 2.0, "Offset 8h: VS".</summary>
public static class NvmeVersion
{
    /// <summary>2.0.0.</summary>
    public const uint V20 = 0x0002_0000;

    /// <summary>2.1.0.</summary>
    public const uint V21 = 0x0002_0100;
}
