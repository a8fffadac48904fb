using NvmeDoorbell.Spec;

namespace NvmeDoorbell.Controller;

/// <summary>
/// Verify (0Ch): whether blocks can be read. NVM Command Set Specification 1.0, "Verify command". It moves no data to the
/// guest, so MDTS does not limit it, and VSL says that nothing else does.
/// </summary>
internal sealed class VerifyCommand : ScanCommand
{
    protected override StatusCode Prepare(
        IoContext context, IoRequest request, IoBuffer buffer, in SubmissionEntry entry, out Namespace? target) =>
        LocateRange(context, request, buffer, in entry, ulong.MaxValue, out target);

    protected override StatusCode OnPiece(IoRequest request, IoBuffer buffer, ReadOnlySpan<byte> piece) =>
        StatusCode.Success;
}
