namespace NvmeDoorbell.Spec;

/// <summary>Controller or Namespace Structure (CNS) of Identify. Base Specification 2.0, "CNS Values".</summary>
public enum IdentifyCns : byte
{
    /// <summary>00h Identify Namespace, NVM command set.</summary>
    Namespace = 0x00,

    /// <summary>01h Identify Controller.</summary>
    Controller = 0x01,

    /// <summary>02h Active Namespace ID list.</summary>
    ActiveNamespaceList = 0x02,

    /// <summary>03h Namespace Identification Descriptor list.</summary>
    NamespaceDescriptorList = 0x03,

    /// <summary>04h NVM Set List.</summary>
    NvmSetList = 0x04,

    /// <summary>05h I/O command set specific Identify Namespace.</summary>
    CommandSetNamespace = 0x05,

    /// <summary>06h I/O command set specific Identify Controller.</summary>
    CommandSetController = 0x06,

    /// <summary>07h I/O command set specific Active Namespace ID list.</summary>
    CommandSetActiveNamespaceList = 0x07,

    /// <summary>08h I/O command set independent Identify Namespace.</summary>
    IndependentNamespace = 0x08,

    /// <summary>10h Allocated Namespace ID list.</summary>
    AllocatedNamespaceList = 0x10,

    /// <summary>11h Identify Namespace for an allocated namespace.</summary>
    AllocatedNamespace = 0x11,

    /// <summary>12h Controllers attached to the namespace.</summary>
    AttachedControllerList = 0x12,

    /// <summary>13h Controllers of the NVM subsystem.</summary>
    ControllerList = 0x13,

    /// <summary>14h Primary Controller Capabilities.</summary>
    PrimaryControllerCapabilities = 0x14,

    /// <summary>15h Secondary Controller list.</summary>
    SecondaryControllerList = 0x15,

    /// <summary>16h Namespace Granularity List.</summary>
    NamespaceGranularityList = 0x16,

    /// <summary>17h UUID List.</summary>
    UuidList = 0x17,

    /// <summary>1Ah I/O command set specific Allocated Namespace ID list.</summary>
    CommandSetAllocatedNamespaceList = 0x1A,

    /// <summary>1Bh I/O command set specific Identify Namespace for an allocated namespace.</summary>
    CommandSetAllocatedNamespace = 0x1B,

    /// <summary>1Ch Identify I/O Command Set.</summary>
    CommandSetList = 0x1C,
}
