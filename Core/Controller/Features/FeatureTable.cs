using NvmeDoorbell.Spec;

namespace NvmeDoorbell.Controller;

/// <summary>Get Features and Set Features, and the features (NVMe Base 2.0, "Feature Specific Information").</summary>
/// <remarks>No feature can be saved: Select = Saved reads the default, the Save bit is refused.</remarks>
internal sealed class FeatureTable
{
    /// <summary>Arbitration Burst after a reset, and RAB: 2^4 commands.</summary>
    public const byte DefaultArbitrationBurst = 4;

    private const uint SaveBit = 1u << 31;
    private const int IdentifierByte = 40;
    private const int SelectByte = 41;
    private const int SaveByte = 43;
    private const int NamespaceIdByte = 4;
    private const uint FeatureSupported = 1;
    private const uint NamespaceScope = 1 << 20;
    private const uint ControllerScope = 1 << 21;
    private const uint CapabilityNamespaceSpecific = 2;
    private const uint CapabilityChangeable = 4;
    private const uint HealthEvents = 0x3F;

    private readonly SortedDictionary<byte, Feature> _features = [];
    private readonly ValueFeature _asynchronousEvents;

    public FeatureTable(
        ControllerContext context,
        AdminTransfer transfer,
        QueueCommands queues,
        AdminCommandTable table)
    {
        _asynchronousEvents = new ValueFeature(
            FeatureId.AsynchronousEventConfiguration,
            0,
            HealthEvents | (uint)AsynchronousEventConfiguration.NamespaceAttribute,
            onChanged: value => context.Health.SetWanted((CriticalWarnings)(value & HealthEvents)));
        Add(new ValueFeature(
            FeatureId.Arbitration, DefaultArbitrationBurst, 0xFFFF_FF07, onChanged: queues.SetArbitration));
        Add(new ValueFeature(FeatureId.PowerManagement, 0, 0xFF, value => OnlyZero(value & 0x1F)));
        Add(new TemperatureFeature(context.Health));
        Add(new ErrorRecoveryFeature(context.Namespaces));
        Add(new ValueFeature(
            FeatureId.VolatileWriteCache, 1, 1, onChanged: value => queues.Io.WritesThrough = value == 0));
        Add(new NumberOfQueuesFeature(context.Options.MaxQueuePairs, queues));
        Add(new ValueFeature(
            FeatureId.InterruptCoalescing, 0, 0xFFFF, onChanged: context.Interrupts.Coalescing.Set));
        Add(new InterruptVectorFeature(context.Interrupts.Coalescing));
        Add(new ValueFeature(FeatureId.WriteAtomicityNormal, 0, 1));
        Add(_asynchronousEvents);
        Add(new TimestampFeature(transfer));
        Add(new ValueFeature(FeatureId.IoCommandSetProfile, 0, 0x1FF, OnlyZero));
        Add(new ValueFeature(FeatureId.SoftwareProgressMarker, 0, 0xFF, outlivesReset: true));
        Add(new HostIdentifierFeature(transfer, context.Subsystem, context.Member));
        Add(new ReservationFeature(FeatureId.ReservationNotificationMask, context.Member));
        Add(new ReservationFeature(FeatureId.ReservationPersistence, context.Member));
        table.Add(AdminOpcode.GetFeatures, Get);
        table.Add(AdminOpcode.SetFeatures, Set);
    }

    /// <summary>Namespace Attribute Notices are wanted. Any thread.</summary>
    public bool WantsNamespaceNotices =>
        (_asynchronousEvents.Value & (uint)AsynchronousEventConfiguration.NamespaceAttribute) != 0;

    /// <summary>A feature's entry in the log page Feature Identifiers Supported and Effects; 0: not supported.</summary>
    public uint GetEffects(byte id) => _features.TryGetValue(id, out Feature? feature)
        ? FeatureSupported | (feature.IsNamespaceSpecific ? NamespaceScope : ControllerScope)
        : 0;

    /// <summary>Saves every feature.</summary>
    public void Save(StateWriter writer)
    {
        writer.BeginSection(StateSection.Features);
        foreach (Feature feature in _features.Values)
        {
            writer.Write((byte)feature.Id);
            feature.Save(writer);
        }
        writer.EndSection();
    }

    /// <summary>Reads every feature.</summary>
    /// <returns>Makes what has been read the current values.</returns>
    public Action Read(StateReader reader)
    {
        Action all = static () => { };
        foreach (Feature feature in _features.Values)
        {
            reader.Require(reader.ReadByte() == (byte)feature.Id, $"feature {feature.Id} is not where it should be");
            all += feature.Read(ref reader);
        }
        reader.End();
        return all;
    }

    /// <summary>Every feature back to its default.</summary>
    public void Reset()
    {
        foreach (Feature feature in _features.Values)
            feature.Reset();
    }

    private static StatusCode OnlyZero(uint value) => value == 0 ? StatusCode.Success : StatusCode.InvalidField;

    private void Add(Feature feature) => _features.Add((byte)feature.Id, feature);

    private StatusCode? Get(AdminCommand command)
    {
        if (!_features.TryGetValue((byte)command.Entry.Cdw10, out Feature? feature))
            return command.Refuse(StatusCode.InvalidField, IdentifierByte);
        switch ((FeatureSelect)(command.Entry.Cdw10 >> 8 & 7))
        {
            case FeatureSelect.Current:
                return feature.Get(command, wantsDefault: false);
            case FeatureSelect.Default or FeatureSelect.Saved:
                return feature.Get(command, wantsDefault: true);
            case FeatureSelect.SupportedCapabilities:
                command.Result =
                    CapabilityChangeable | (feature.IsNamespaceSpecific ? CapabilityNamespaceSpecific : 0);
                return StatusCode.Success;
            default:
                return command.Refuse(StatusCode.InvalidField, SelectByte);
        }
    }

    private StatusCode? Set(AdminCommand command)
    {
        ref readonly SubmissionEntry entry = ref command.Entry;
        if (!_features.TryGetValue((byte)entry.Cdw10, out Feature? feature))
            return command.Refuse(StatusCode.InvalidField, IdentifierByte);
        if ((entry.Cdw10 & SaveBit) != 0)
            return command.Refuse(StatusCode.FeatureNotSaveable, SaveByte, bit: 7);
        if (!feature.IsNamespaceSpecific && entry.NamespaceId is not (NamespaceIds.None or NamespaceIds.All))
            return command.Refuse(StatusCode.FeatureNotNamespaceSpecific, NamespaceIdByte);
        return feature.Set(command);
    }
}
