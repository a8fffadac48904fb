using NvmeDoorbell.Spec;

namespace NvmeDoorbell.Controller;

/// <summary>A feature that is one dword, in Command Dword 11.</summary>
internal sealed class ValueFeature : Feature
{
    private readonly uint _default;
    private readonly uint _definedBits;
    private readonly Func<uint, StatusCode>? _check;
    private readonly Action<uint>? _onChanged;
    private readonly bool _outlivesReset;
    private uint _value;

    /// <param name="id">The feature.</param>
    /// <param name="defaultValue">Its value after a reset.</param>
    /// <param name="definedBits">The bits that are kept.</param>
    /// <param name="check">Says whether a value is taken; null: every one is.</param>
    /// <param name="onChanged">Told of every value, the default after a reset included.</param>
    /// <param name="outlivesReset">A reset leaves it as it is.</param>
    public ValueFeature(
        FeatureId id,
        uint defaultValue,
        uint definedBits,
        Func<uint, StatusCode>? check = null,
        Action<uint>? onChanged = null,
        bool outlivesReset = false)
        : base(id)
    {
        _default = _value = defaultValue;
        _definedBits = definedBits;
        _check = check;
        _onChanged = onChanged;
        _outlivesReset = outlivesReset;
    }

    /// <summary>The current value. Any thread.</summary>
    public uint Value => Volatile.Read(ref _value);

    public override StatusCode Get(AdminCommand command, bool wantsDefault)
    {
        command.Result = wantsDefault ? _default : _value;
        return StatusCode.Success;
    }

    public override StatusCode Set(AdminCommand command)
    {
        uint value = command.Entry.Cdw11 & _definedBits;
        StatusCode status = _check?.Invoke(value) ?? StatusCode.Success;
        if (status == StatusCode.Success)
            Change(value);
        return status;
    }

    public override void Save(StateWriter writer) => writer.Write(_value);

    public override Action Read(ref StateReader reader)
    {
        uint value = reader.ReadUInt32();
        reader.Require(
            (value & ~_definedBits) == 0 && (_check is null || _check(value) == StatusCode.Success),
            $"feature {Id} has a value that it cannot have");
        return () => Change(value);
    }

    public override void Reset()
    {
        if (!_outlivesReset)
            Change(_default);
    }

    private void Change(uint value)
    {
        Volatile.Write(ref _value, value);
        _onChanged?.Invoke(value);
    }
}
