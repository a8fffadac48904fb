using NvmeDoorbell.Spec;

namespace NvmeDoorbell.Controller;

/// <summary>Doorbell Buffer Config (NVMe Base 2.0, "Doorbell Buffer Config command").</summary>
internal sealed class DoorbellBufferCommand
{
    private readonly ControllerContext _context;

    public DoorbellBufferCommand(ControllerContext context, AdminCommandTable table)
    {
        _context = context;
        table.Add(AdminOpcode.DoorbellBufferConfig, Configure);
    }

    private StatusCode? Configure(AdminCommand command)
    {
        if (!_context.OffersShadowDoorbells)
            return StatusCode.InvalidOpcode;
        return _context.Doorbells.TryUseShadow(_context.Options.Memory, command.Entry.Prp1, command.Entry.Prp2)
            ? StatusCode.Success
            : StatusCode.InvalidField;
    }
}
