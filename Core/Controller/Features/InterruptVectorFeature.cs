using NvmeDoorbell.Spec;

namespace NvmeDoorbell.Controller;

/// <summary>
/// Interrupt Vector Configuration (09h): for each vector, whether its interrupts are never coalesced.
/// </summary>
internal sealed class InterruptVectorFeature(InterruptCoalescing coalescing)
    : Feature(FeatureId.InterruptVectorConfiguration)
{
    private const uint CoalescingDisable = 1 << 16;

    public override StatusCode Get(AdminCommand command, bool wantsDefault)
    {
        var vector = (ushort)command.Entry.Cdw11;
        if (vector >= coalescing.Vectors)
            return StatusCode.InvalidField;
        command.Result = vector | (!wantsDefault && coalescing.IsDisabled(vector) ? CoalescingDisable : 0);
        return StatusCode.Success;
    }

    public override StatusCode Set(AdminCommand command)
    {
        var vector = (ushort)command.Entry.Cdw11;
        if (vector >= coalescing.Vectors)
            return StatusCode.InvalidField;
        coalescing.SetDisabled(vector, (command.Entry.Cdw11 & CoalescingDisable) != 0);
        return StatusCode.Success;
    }

    public override void Save(StateWriter writer)
    {
        for (int vector = 0; vector < coalescing.Vectors; vector++)
            writer.Write(coalescing.IsDisabled(vector));
    }

    public override Action Read(ref StateReader reader)
    {
        var isDisabled = new bool[coalescing.Vectors];
        for (int vector = 0; vector < isDisabled.Length; vector++)
            isDisabled[vector] = reader.ReadBoolean();
        return () =>
        {
            for (int vector = 0; vector < isDisabled.Length; vector++)
                coalescing.SetDisabled(vector, isDisabled[vector]);
        };
    }

    public override void Reset() => coalescing.EnableAll();
}
