using NvmeDoorbell.Spec;

namespace NvmeDoorbell.Controller;

/// <summary>
/// Temperature Threshold (04h) of the composite temperature, which of a device without a body is a constant.
/// </summary>
internal sealed class TemperatureFeature(Action onWarning) : Feature(FeatureId.TemperatureThreshold)
{
    /// <summary>The composite temperature in kelvins.</summary>
    public const ushort CurrentKelvin = 313;

    private const uint CompositeSensor = 0;
    private const uint AllSensors = 0xF;
    private const ushort DefaultUnderKelvin = 0;

    private ushort _over = ControllerIdentity.WarningTemperatureKelvin;
    private ushort _under = DefaultUnderKelvin;

    /// <summary>The temperature is outside of the thresholds: bit 1 of Critical Warning.</summary>
    public bool IsWarning => CurrentKelvin >= _over || CurrentKelvin <= _under;

    public override StatusCode Get(AdminCommand command, bool wantsDefault)
    {
        uint value = command.Entry.Cdw11;
        if (!TryGetType(value, out bool isUnder) || (value >> 16 & 0xF) != CompositeSensor)
            return StatusCode.InvalidField;
        command.Result = (isUnder, wantsDefault) switch
        {
            (true, false) => _under,
            (true, true) => DefaultUnderKelvin,
            (false, false) => _over,
            (false, true) => ControllerIdentity.WarningTemperatureKelvin,
        };
        return StatusCode.Success;
    }

    public override StatusCode Set(AdminCommand command)
    {
        uint value = command.Entry.Cdw11;
        if (!TryGetType(value, out bool isUnder) || (value >> 16 & 0xF) is not (CompositeSensor or AllSensors))
            return StatusCode.InvalidField;
        if (isUnder)
            _under = (ushort)value;
        else
            _over = (ushort)value;
        if (IsWarning)
            onWarning();
        return StatusCode.Success;
    }

    public override void Reset()
    {
        _over = ControllerIdentity.WarningTemperatureKelvin;
        _under = DefaultUnderKelvin;
    }

    private static bool TryGetType(uint value, out bool isUnder)
    {
        uint type = value >> 20 & 3;
        isUnder = type == 1;
        return type <= 1;
    }
}
