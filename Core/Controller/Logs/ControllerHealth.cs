using NvmeDoorbell.Spec;

namespace NvmeDoorbell.Controller;

/// <summary>
/// The health that SMART reports and events tell of: what the embedder says, and what follows from the thresholds that
/// the guest has set. NVMe Base 2.0, "SMART / Health Information", "Temperature Threshold".
/// </summary>
/// <remarks>Any thread. A warning is an event when it comes up, not while it lasts.</remarks>
/// <param name="raise">Takes the events; any thread.</param>
internal sealed class ControllerHealth(Action<AsynchronousEvent> raise)
{
    /// <summary>The composite temperature at first, in kelvins.</summary>
    public const ushort NormalKelvin = 313;

    private const int AllWarnings = 0x3F;

    private readonly Lock _lock = new();
    private CriticalWarnings _reported;
    private CriticalWarnings _told;
    private CriticalWarnings _wanted;
    private ushort _kelvin = NormalKelvin;
    private ushort _over = ControllerIdentity.WarningTemperatureKelvin;
    private ushort _under;

    /// <summary>The composite temperature in kelvins: what the embedder has measured, or made up.</summary>
    public ushort Kelvin
    {
        get => Volatile.Read(ref _kelvin);
        set => Change(ref _kelvin, value);
    }

    /// <summary>Over Temperature Threshold of the composite temperature.</summary>
    public ushort Over
    {
        get => Volatile.Read(ref _over);
        set => Change(ref _over, value);
    }

    /// <summary>Under Temperature Threshold of the composite temperature.</summary>
    public ushort Under
    {
        get => Volatile.Read(ref _under);
        set => Change(ref _under, value);
    }

    /// <summary>Critical Warning.</summary>
    public CriticalWarnings Warnings
    {
        get
        {
            lock (_lock)
                return Compute();
        }
    }

    /// <summary>The embedder says what is wrong; the temperature speaks for itself.</summary>
    public void SetWarnings(CriticalWarnings warnings)
    {
        lock (_lock)
        {
            _told = warnings & ~CriticalWarnings.TemperatureBeyondThreshold;
            Report();
        }
    }

    /// <summary>Which warnings are events: bits 7:0 of Asynchronous Event Configuration.</summary>
    public void SetWanted(CriticalWarnings wanted)
    {
        lock (_lock)
        {
            _reported &= ~(wanted & ~_wanted); // what is asked for only now is told of if it is so now
            _wanted = wanted;
            Report();
        }
    }

    /// <summary>Thresholds back to their defaults, at a reset.</summary>
    public void ResetThresholds()
    {
        Over = ControllerIdentity.WarningTemperatureKelvin;
        Under = 0;
    }

    /// <summary>Saves what the embedder has said, and what has been told of; thresholds are a feature's.</summary>
    public void Save(StateWriter writer)
    {
        lock (_lock)
        {
            writer.Write(_kelvin);
            writer.Write((byte)_told);
            writer.Write((byte)_reported);
        }
    }

    /// <summary>Reads the same.</summary>
    /// <returns>Takes it over, and raises nothing.</returns>
    public Action Read(ref StateReader reader)
    {
        ushort kelvin = reader.ReadUInt16();
        byte told = reader.ReadByte();
        byte reported = reader.ReadByte();
        reader.Require((told | reported) <= AllWarnings, "there is a warning that is not known");
        return () =>
        {
            lock (_lock)
            {
                Volatile.Write(ref _kelvin, kelvin);
                _told = (CriticalWarnings)told;
                _reported = (CriticalWarnings)reported;
            }
        };
    }

    private void Change(ref ushort field, ushort value)
    {
        lock (_lock)
        {
            Volatile.Write(ref field, value);
            Report();
        }
    }

    private CriticalWarnings Compute() =>
        _kelvin >= _over || _kelvin <= _under ? _told | CriticalWarnings.TemperatureBeyondThreshold : _told;

    private void Report()
    {
        CriticalWarnings now = Compute();
        CriticalWarnings risen = now & ~_reported & _wanted;
        _reported = now;
        if ((risen & CriticalWarnings.TemperatureBeyondThreshold) != 0)
            raise(AsynchronousEvent.TemperatureThreshold);
        if ((risen & CriticalWarnings.SpareBelowThreshold) != 0)
            raise(AsynchronousEvent.SpareBelowThreshold);
        if ((risen & ~(CriticalWarnings.TemperatureBeyondThreshold | CriticalWarnings.SpareBelowThreshold)) != 0)
            raise(AsynchronousEvent.ReliabilityDegraded);
    }
}
