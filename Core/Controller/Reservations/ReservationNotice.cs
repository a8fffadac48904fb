using NvmeDoorbell.Spec;

namespace NvmeDoorbell.Controller;

/// <summary>What a host has to be told of.</summary>
internal sealed class ReservationNotice(HostIdentity host, ReservationNotification what)
{
    public HostIdentity Host => host;

    public ReservationNotification What => what;
}
