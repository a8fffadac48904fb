using NvmeDoorbell.Spec;

namespace NvmeDoorbell.Controller;

/// <summary>Stands for a command that was aborted before it was fetched.</summary>
internal sealed class AbortedCommand : IoCommand
{
    public static readonly AbortedCommand Instance = new();

    public override StatusCode Start(IoContext context, IoRequest request, in SubmissionEntry entry) =>
        StatusCode.AbortRequested;
}
