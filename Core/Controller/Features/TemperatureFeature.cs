using NvmeDoorbell.Spec;

namespace NvmeDoorbell.Controller;

/// <summary>Temperature Threshold (04h) of the composite temperature; there are no other sensors.</summary>
internal sealed class TemperatureFeature(ControllerHealth health) : Feature(FeatureId.TemperatureThreshold)
{
    private const uint CompositeSensor = 0;
    private const uint AllSensors = 0xF;
    private const ushort DefaultUnderKelvin = 0;

    public override StatusCode Get(AdminCommand command, bool wantsDefault)
    {
        uint value = command.Entry.Cdw11;
        if (!TryGetType(value, out bool isUnder) || (value >> 16 & 0xF) != CompositeSensor)
            return command.Refuse(StatusCode.InvalidField, 46);
        command.Result = (isUnder, wantsDefault) switch
        {
            (true, false) => health.Under,
            (true, true) => DefaultUnderKelvin,
            (false, false) => health.Over,
            (false, true) => ControllerIdentity.WarningTemperatureKelvin,
        };
        return StatusCode.Success;
    }

    public override StatusCode Set(AdminCommand command)
    {
        uint value = command.Entry.Cdw11;
        if (!TryGetType(value, out bool isUnder) || (value >> 16 & 0xF) is not (CompositeSensor or AllSensors))
            return command.Refuse(StatusCode.InvalidField, 46);
        if (isUnder)
            health.Under = (ushort)value;
        else
            health.Over = (ushort)value;
        return StatusCode.Success;
    }

    public override void Save(StateWriter writer)
    {
        writer.Write(health.Over);
        writer.Write(health.Under);
    }

    public override Action Read(ref StateReader reader)
    {
        ushort over = reader.ReadUInt16();
        ushort under = reader.ReadUInt16();
        return () => (health.Over, health.Under) = (over, under);
    }

    public override void Reset() => health.ResetThresholds();

    private static bool TryGetType(uint value, out bool isUnder)
    {
        uint type = value >> 20 & 3;
        isUnder = type == 1;
        return type <= 1;
    }
}
