namespace NvmeDoorbell.Spec;

/// <summary>
/// Namespace identifiers with a meaning of their own. Base Specification 2.0, "Namespace Identifier".
/// </summary>
public static class NamespaceIds
{
    /// <summary>No namespace.</summary>
    public const uint None = 0;

    /// <summary>Every namespace: the broadcast value.</summary>
    public const uint All = 0xFFFF_FFFF;

    /// <summary>The highest that an identifier can be: FFFFFFFEh and FFFFFFFFh are no namespaces.</summary>
    public const uint Highest = 0xFFFF_FFFD;

    /// <summary>Whether a command's NSID means a namespace: that one, or all.</summary>
    internal static bool Covers(this uint nsid, uint id) => nsid == id || nsid == All;
}
