namespace NvmeDoorbell.Spec;

/// <summary>
/// Namespace Identifier Type (NIDT) of a Namespace Identification Descriptor. Base Specification 2.0, "Namespace
/// Identification Descriptor". The descriptor is type, length, two reserved bytes, then the identifier.
/// </summary>
public enum NamespaceIdentifierType : byte
{
    /// <summary>01h IEEE Extended Unique Identifier, 8 bytes.</summary>
    Eui64 = 1,

    /// <summary>02h Namespace Globally Unique Identifier, 16 bytes.</summary>
    Nguid = 2,

    /// <summary>03h Namespace UUID, 16 bytes.</summary>
    Uuid = 3,

    /// <summary>04h Command Set Identifier, 1 byte.</summary>
    CommandSet = 4,
}
