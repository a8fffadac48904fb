using System.Buffers.Binary;
using NvmeDoorbell.Spec;

namespace NvmeDoorbell.Controller;

/// <content>Reservations: what controllers that share a namespace agree on, and whom they tell.</content>
public sealed partial class NvmeSubsystem
{
    private const ushort NoController = 0xFFFF;
    private const int ReportHeaderBytes = 24;
    private const int ReportEntryBytes = 24;
    private const int ExtendedBytes = 64;

    /// <summary>Changes registrations or reservation, and tells whom it concerns.</summary>
    /// <param name="member">The controller that has the command.</param>
    /// <param name="target">The namespace.</param>
    /// <param name="run">The change.</param>
    /// <param name="fenced">Receives what controllers of preempted hosts have seen of the namespace until now.</param>
    internal StatusCode Reserve(
        SubsystemMember member,
        AllocatedNamespace target,
        Func<ReservationChange, StatusCode> run,
        List<SeenNamespace> fenced)
    {
        lock (_lock)
        {
            if (!target.IsAttachedTo(member))
                return StatusCode.InvalidNamespaceOrFormat;
            var change = new ReservationChange(target.Reservations, member.Host);
            StatusCode status = run(change);
            if (status != StatusCode.Success)
                return status;
            foreach (SeenNamespace seen in target.Republish())
            {
                if (change.Preempted.Contains(seen.Member.Host))
                    fenced.Add(seen);
            }
            foreach (ReservationNotice notice in change.Notices)
                Tell(target, notice.Host, notice.What);
            return StatusCode.Success;
        }
    }

    /// <summary>The Reservation Status data structure, or the extended one.</summary>
    internal StatusCode ReportReservations(
        SubsystemMember member, AllocatedNamespace target, bool isExtended, out ReadOnlySpan<byte> report)
    {
        report = [];
        lock (_lock)
        {
            if (isExtended != member.HasExtendedHost && member.Host.Id != UInt128.Zero)
                return StatusCode.HostIdentifierInconsistentFormat;
            report = WriteReport(target, isExtended);
            return StatusCode.Success;
        }
    }

    /// <summary>The host of a controller has told who it is.</summary>
    internal StatusCode SetHost(SubsystemMember member, UInt128 identifier, bool isExtended)
    {
        lock (_lock)
        {
            if (!MayHaveHost(member, identifier, isExtended))
                return StatusCode.HostIdentifierInconsistentFormat;
            HostIdentity before = member.Host;
            member.HasExtendedHost = isExtended;
            member.Host = HostIdentity.Of(identifier, member.Id);
            if (member.Host != before)
                FollowHost(member, before);
            return StatusCode.Success;
        }
    }

    /// <summary>Whether the identifier has the length that those of other hosts have.</summary>
    internal bool MayHaveHost(SubsystemMember member, UInt128 identifier, bool isExtended)
    {
        lock (_lock)
        {
            return identifier == UInt128.Zero || !Array.Exists(_members.ToArray(), other =>
                other != member && other.Host.Id != UInt128.Zero && other.HasExtendedHost != isExtended);
        }
    }

    /// <summary>A controller reset forgets its host; the registrations of one without an identifier end with it.</summary>
    internal void ForgetHost(SubsystemMember member)
    {
        lock (_lock)
        {
            HostIdentity before = member.Host;
            member.HasExtendedHost = false;
            member.Host = HostIdentity.Of(UInt128.Zero, member.Id);
            if (before.Id == UInt128.Zero)
                EndRegistrations(before);
            FollowHost(member, before);
        }
    }

    private void FollowHost(SubsystemMember member, HostIdentity before)
    {
        foreach (AllocatedNamespace target in _namespaces.ToArray())
        {
            if (target.Reservations.HasRegistrants || before.Id == UInt128.Zero)
                target.Republish(member);
        }
    }

    private void EndRegistrations(HostIdentity host)
    {
        foreach (AllocatedNamespace target in _namespaces.ToArray())
        {
            if (target.Reservations.Find(host) is null)
                continue;
            foreach (Registrant other in target.Reservations.Unregister(host))
                Tell(target, other.Host, ReservationNotification.ReservationReleased);
            target.Reservations.Generation++;
            target.Republish();
        }
    }

    private static void Tell(AllocatedNamespace target, HostIdentity host, ReservationNotification what)
    {
        foreach (SubsystemMember member in target.Attached)
        {
            if (member.Host == host)
                member.OnReservation(what, target.Id);
        }
    }

    private static ReadOnlySpan<byte> WriteReport(AllocatedNamespace target, bool isExtended)
    {
        NamespaceReservations state = target.Reservations;
        Registrant[] registrants = state.Registrants;
        SubsystemMember[] attached = target.Attached;
        int headerBytes = isExtended ? ExtendedBytes : ReportHeaderBytes;
        int entryBytes = isExtended ? ExtendedBytes : ReportEntryBytes;
        Span<byte> report = new byte[headerBytes + (registrants.Length + attached.Length) * entryBytes];
        ushort entries = 0;
        foreach (Registrant each in registrants)
        {
            SubsystemMember[] served = Array.FindAll(attached, member => member.Host == each.Host);
            foreach (SubsystemMember member in served)
                WriteEntry(EntryOf(report), each, member.Id);
            if (served.Length == 0)
                WriteEntry(EntryOf(report), each, NoController); // it is away, and its registration waits for it
        }
        BinaryPrimitives.WriteUInt32LittleEndian(report, state.Generation);
        report[4] = (byte)state.Type;
        BinaryPrimitives.WriteUInt16LittleEndian(report[5..], entries);
        return report[..(headerBytes + entries * entryBytes)];

        Span<byte> EntryOf(Span<byte> all) => all.Slice(headerBytes + entries++ * entryBytes, entryBytes);

        void WriteEntry(Span<byte> entry, Registrant registrant, ushort controller)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(entry, controller);
            entry[2] = state.Holds(registrant.Host) ? (byte)1 : (byte)0;
            if (isExtended)
                BinaryPrimitives.WriteUInt128LittleEndian(entry[16..], registrant.Host.Id);
            else
                BinaryPrimitives.WriteUInt64LittleEndian(entry[8..], (ulong)registrant.Host.Id);
            BinaryPrimitives.WriteUInt64LittleEndian(entry[(isExtended ? 8 : 16)..], registrant.Key);
        }
    }
}
