namespace NvmeDoorbell.Controller;

/// <summary>A host that is registered with a namespace (NVMe Base 2.0, "Reservations").</summary>
/// <param name="host">The host.</param>
/// <param name="key">Its reservation key.</param>
internal sealed class Registrant(HostIdentity host, ulong key)
{
    public HostIdentity Host => host;

    public ulong Key => key;
}
