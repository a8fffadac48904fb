using NvmeDoorbell.Spec;

namespace NvmeDoorbell.Controller;

/// <summary>A feature that Get Features reads and Set Features writes. On the admin task's turn.</summary>
internal abstract class Feature(FeatureId id, bool isNamespaceSpecific = false)
{
    public FeatureId Id { get; } = id;

    /// <summary>It has a value for each namespace.</summary>
    public bool IsNamespaceSpecific { get; } = isNamespaceSpecific;

    /// <summary>Get Features.</summary>
    /// <param name="command">The command; the value goes to its result, or to its data buffer.</param>
    /// <param name="wantsDefault">The default is asked for, not the current value.</param>
    public abstract StatusCode Get(AdminCommand command, bool wantsDefault);

    /// <summary>Set Features.</summary>
    public abstract StatusCode Set(AdminCommand command);

    /// <summary>Saves the current value.</summary>
    public abstract void Save(StateWriter writer);

    /// <summary>Reads a saved value.</summary>
    /// <returns>Makes it the current one.</returns>
    public abstract Action Read(ref StateReader reader);

    /// <summary>Back to the default, at a controller reset.</summary>
    public abstract void Reset();
}
