using NvmeDoorbell.Memory;
using NvmeDoorbell.Spec;

namespace NvmeDoorbell.Controller;

/// <summary>Reservation Report (0Eh). Base Specification 2.0, "Reservation Report command".</summary>
internal sealed class ReservationReportCommand : IoCommand
{
    private const uint ExtendedDataStructure = 1;

    public override StatusCode Start(IoContext context, IoRequest request, in SubmissionEntry entry)
    {
        if (context.Member is not { } member)
            return Refuse(StatusCode.InvalidOpcode);
        if (!context.Namespaces.TryGet(entry.NamespaceId, out Namespace? target))
            return Refuse(StatusCode.InvalidNamespaceOrFormat);
        if (target.Unavailable != StatusCode.Success)
            return target.Unavailable;
        bool isExtended = (entry.Cdw11 & ExtendedDataStructure) != 0;
        ulong wantedBytes = (entry.Cdw10 + 1ul) * 4;
        if (wantedBytes > context.MaxTransferBytes)
            return Refuse(StatusCode.InvalidField);
        StatusCode status = context.MapData(in entry, (uint)wantedBytes, GuestAccess.ReadWrite, request);
        if (status != StatusCode.Success)
            return status;
        status = member.Controller.Subsystem.ReportReservations(
            member, target.Allocated, isExtended, out ReadOnlySpan<byte> report);
        if (status != StatusCode.Success)
            return Refuse(status);
        foreach (GuestSegment segment in request.Segments)
        {
            int count = Math.Min(report.Length, (int)segment.LengthBytes);
            report[..count].CopyTo(segment.Span);
            segment.Span[count..].Clear();
            report = report[count..];
        }
        return StatusCode.Success;
    }
}
