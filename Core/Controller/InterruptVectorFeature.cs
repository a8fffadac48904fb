using NvmeDoorbell.Spec;

namespace NvmeDoorbell.Controller;

/// <summary>
/// Interrupt Vector Configuration (09h): for each vector, whether its interrupts are never coalesced.
/// </summary>
internal sealed class InterruptVectorFeature(int vectors) : Feature(FeatureId.InterruptVectorConfiguration)
{
    private const uint CoalescingDisable = 1 << 16;

    private readonly HashSet<ushort> _disabled = [];

    public override StatusCode Get(AdminCommand command, bool wantsDefault)
    {
        var vector = (ushort)command.Entry.Cdw11;
        if (vector >= vectors)
            return StatusCode.InvalidField;
        command.Result = vector | (!wantsDefault && _disabled.Contains(vector) ? CoalescingDisable : 0);
        return StatusCode.Success;
    }

    public override StatusCode Set(AdminCommand command)
    {
        var vector = (ushort)command.Entry.Cdw11;
        if (vector >= vectors)
            return StatusCode.InvalidField;
        if ((command.Entry.Cdw11 & CoalescingDisable) != 0)
            _disabled.Add(vector);
        else
            _disabled.Remove(vector);
        return StatusCode.Success;
    }

    public override void Reset() => _disabled.Clear();
}
