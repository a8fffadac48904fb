using NvmeDoorbell.Storage;

namespace NvmeDoorbell.Controller;

/// <summary>What a subsystem says of itself. Checked when the subsystem is made.</summary>
public sealed record NvmeSubsystemOptions
{
    private const int MaxQualifiedNameBytes = 223;

    /// <summary>Serial number, up to 20 printable ASCII characters.</summary>
    public string Serial { get; init; } = "NVMEDB0000000001";

    /// <summary>Model number, up to 40 printable ASCII characters.</summary>
    public string Model { get; init; } = "NvmeDoorbell Controller";

    /// <summary>
    /// NVMe Qualified Name, "nqn." and up to 223 printable ASCII characters in all; null: one made of the serial number.
    /// A host takes controllers with the same name for ways to the same namespaces.
    /// </summary>
    public string? QualifiedName { get; init; }

    /// <summary>
    /// What guests may make namespaces of by Namespace Management; null: they may not. It stays the embedder's, and
    /// outlives the subsystem.
    /// </summary>
    public IDiskPool? Pool { get; init; }

    /// <summary><see cref="QualifiedName"/> with its default filled in.</summary>
    internal string EffectiveQualifiedName => QualifiedName ?? $"nqn.2026-01.org.nvmedoorbell:{Serial}";

    /// <summary>Checks every option.</summary>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    internal void Validate()
    {
        CheckText(Serial, 20, nameof(Serial));
        CheckText(Model, 40, nameof(Model));
        if (QualifiedName is null)
            return;
        CheckText(QualifiedName, MaxQualifiedNameBytes, nameof(QualifiedName));
        if (!QualifiedName.StartsWith("nqn.", StringComparison.Ordinal))
            throw new ArgumentException("A qualified name starts with \"nqn.\".", nameof(QualifiedName));
    }

    internal static void CheckText(string text, int longest, string name)
    {
        ArgumentNullException.ThrowIfNull(text, name);
        if (text.Length > longest || text.AsSpan().ContainsAnyExceptInRange(' ', '~'))
            throw new ArgumentException($"Up to {longest} printable ASCII characters.", name);
    }
}
