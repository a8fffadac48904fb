using System.Buffers.Binary;
using NvmeDoorbell.Memory;
using NvmeDoorbell.Spec;
using NvmeDoorbell.Storage;

namespace NvmeDoorbell.Controller;

/// <summary>
/// Reservation Register (0Dh), Acquire (11h) and Release (15h). Base Specification 2.0, "Reservation Register command"
/// and its neighbours. They change what all controllers of the subsystem share, under its lock: they are rare.
/// </summary>
internal sealed class ReservationCommand(IoOpcode opcode) : IoCommand
{
    private const uint ActionMask = 7;
    private const uint IgnoreExistingKey = 1 << 3;
    private const uint PreemptAndAbort = 2;
    private const int MaxDataBytes = 16;

    public override StatusCode Start(IoContext context, IoRequest request, in SubmissionEntry entry)
    {
        if (context.Member is not { } member)
            return Refuse(StatusCode.InvalidOpcode);
        if (!context.Namespaces.TryGet(entry.NamespaceId, out Namespace? target))
            return Refuse(StatusCode.InvalidNamespaceOrFormat);
        if (target.Unavailable != StatusCode.Success)
            return target.Unavailable;
        Span<byte> data = stackalloc byte[MaxDataBytes];
        data = data[..(opcode == IoOpcode.ReservationRelease ? MaxDataBytes / 2 : MaxDataBytes)];
        StatusCode status = context.MapData(in entry, (uint)data.Length, GuestAccess.ReadOnly, request);
        if (status != StatusCode.Success)
            return status;
        Read(request.Segments, data);
        status = Run(member, target.Allocated, entry.Cdw10, data, out List<SeenNamespace> fenced);
        if (status != StatusCode.Success)
            return Refuse(status);
        if (opcode != IoOpcode.ReservationAcquire || (entry.Cdw10 & ActionMask) != PreemptAndAbort || fenced.Count == 0)
            return StatusCode.Success;
        // Few disks give a request up: the command ends when those of the preempted hosts have, aborted or not.
        ulong token = request.Pend();
        foreach (SeenNamespace each in fenced)
            each.Seen.IsFenced = true;
        SeenNamespace.WhenUnused(fenced, () => request.Complete(token, DiskStatus.Success));
        return Pending;
    }

    /// <summary>What it waits for comes after what it has changed.</summary>
    public override bool CanEndWhileParked => false;

    private StatusCode Run(
        SubsystemMember member,
        AllocatedNamespace target,
        uint options,
        ReadOnlySpan<byte> data,
        out List<SeenNamespace> fenced)
    {
        fenced = [];
        uint action = options & ActionMask;
        var type = (ReservationType)(byte)(options >> 8);
        bool ignoresKey = (options & IgnoreExistingKey) != 0;
        uint persistence = options >> 30; // CPTPL: 0 keeps, 2 says no, which is what there is; 3 says yes
        ulong currentKey = BinaryPrimitives.ReadUInt64LittleEndian(data);
        ulong otherKey = data.Length > 8 ? BinaryPrimitives.ReadUInt64LittleEndian(data[8..]) : 0;
        // RESCAP: IEKEY is as of revision 1.3, and so for Register alone.
        if (opcode == IoOpcode.ReservationRegister ? (persistence & 1) != 0 : ignoresKey)
            return StatusCode.InvalidField;
        return member.Controller.Subsystem.Reserve(
            member,
            target,
            change => opcode switch
            {
                IoOpcode.ReservationRegister => change.Register(action, ignoresKey, currentKey, otherKey),
                IoOpcode.ReservationAcquire => change.Acquire(action, type, currentKey, otherKey),
                _ => change.Release(action, type, currentKey),
            },
            fenced);
    }

    private static void Read(ReadOnlySpan<GuestSegment> segments, Span<byte> data)
    {
        foreach (GuestSegment segment in segments)
        {
            segment.Span.CopyTo(data);
            data = data[(int)segment.LengthBytes..];
        }
    }
}
