namespace NvmeDoorbell.Controller;

/// <summary>
/// Which host a controller serves, as reservations know it (NVMe Base 2.0, "Host Identifier"). Two controllers with the
/// same identifier serve one host; without one, a controller's host is on its own.
/// </summary>
/// <param name="Id">Host Identifier, 64 bits of it without the extended format; 0: none has been set.</param>
/// <param name="ControllerId">The controller, where there is no identifier; else 0.</param>
internal sealed record HostIdentity(UInt128 Id, ushort ControllerId)
{
    /// <summary>No host.</summary>
    public static readonly HostIdentity None = new(0, 0);

    public static HostIdentity Of(UInt128 id, ushort controllerId) =>
        new(id, id == UInt128.Zero ? controllerId : (ushort)0);
}
