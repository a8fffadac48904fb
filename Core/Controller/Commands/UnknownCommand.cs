using NvmeDoorbell.Spec;

namespace NvmeDoorbell.Controller;

/// <summary>An opcode that this controller does not have.</summary>
internal sealed class UnknownCommand : IoCommand
{
    public override StatusCode Start(IoContext context, IoRequest request, in SubmissionEntry entry) =>
        Refuse(StatusCode.InvalidOpcode);
}
