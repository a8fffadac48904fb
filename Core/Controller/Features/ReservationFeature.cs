using NvmeDoorbell.Spec;

namespace NvmeDoorbell.Controller;

/// <summary>
/// Reservation Notification Mask (82h) and Reservation Persistence (83h), each with a value for each namespace.
/// </summary>
internal sealed class ReservationFeature(FeatureId id, SubsystemMember member) : Feature(id, isNamespaceSpecific: true)
{
    private const uint MaskBits = 0x0E;
    private const uint PersistThroughPowerLoss = 1;

    public override StatusCode Get(AdminCommand command, bool wantsDefault)
    {
        uint nsid = command.Entry.NamespaceId;
        if (nsid == NamespaceIds.All)
            return StatusCode.InvalidField; // of all there is no one value
        if (!member.Namespaces.TryGet(nsid, out _))
            return StatusCode.InvalidNamespaceOrFormat;
        command.Result = wantsDefault || Id == FeatureId.ReservationPersistence ? 0 : member.ReservationLog.GetMask(nsid);
        return StatusCode.Success;
    }

    public override StatusCode Set(AdminCommand command)
    {
        uint nsid = command.Entry.NamespaceId;
        if (nsid != NamespaceIds.All && !member.Namespaces.TryGet(nsid, out _))
            return StatusCode.InvalidNamespaceOrFormat;
        if (Id == FeatureId.ReservationPersistence)
        {
            // RESCAP says that reservations do not persist: they go with the process.
            return (command.Entry.Cdw11 & PersistThroughPowerLoss) == 0 ? StatusCode.Success : StatusCode.InvalidField;
        }
        foreach (Namespace? target in member.Namespaces.All)
        {
            if (target is not null && (nsid == NamespaceIds.All || target.Id == nsid))
                member.ReservationLog.SetMask(target.Id, command.Entry.Cdw11 & MaskBits);
        }
        return StatusCode.Success;
    }

    public override void Save(StateWriter writer)
    {
        if (Id == FeatureId.ReservationNotificationMask)
            member.ReservationLog.SaveMasks(writer);
    }

    public override Action Read(ref StateReader reader) => Id == FeatureId.ReservationNotificationMask
        ? member.ReservationLog.ReadMasks(ref reader, MaskBits)
        : static () => { };

    public override void Reset()
    {
        if (Id == FeatureId.ReservationNotificationMask)
            member.ReservationLog.Reset();
    }
}
