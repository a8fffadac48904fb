namespace NvmeDoorbell.Spec;

/// <summary>Select (SEL) of Get Features, CDW10 bits 10:8. Base Specification 2.0, "Get Features command".</summary>
public enum FeatureSelect : byte
{
    /// <summary>The value in force.</summary>
    Current = 0,

    /// <summary>The value after a controller level reset where nothing is saved.</summary>
    Default = 1,

    /// <summary>The value that survives resets.</summary>
    Saved = 2,

    /// <summary>Dword 0: bit 0 saveable, bit 1 namespace specific, bit 2 changeable.</summary>
    SupportedCapabilities = 3,
}
