namespace NvmeDoorbell.Controller;

/// <summary>
/// What a guest has been told, or has seen, of what the controller is made of. State goes only to a controller that is
/// made of the same.
/// </summary>
internal static class ConfigurationState
{
    private const int LongestText = 256;

    public static void Save(StateWriter writer, ControllerContext context)
    {
        writer.BeginSection(StateSection.Configuration);
        foreach ((_, ulong value) in Numbers(context))
            writer.Write(value);
        foreach ((_, string text) in Texts(context))
            writer.WriteText(text);
        writer.EndSection();
    }

    /// <exception cref="InvalidDataException">The controller is made of something else.</exception>
    public static void Check(StateReader reader, ControllerContext context)
    {
        foreach ((string name, ulong here) in Numbers(context))
        {
            ulong saved = reader.ReadUInt64();
            reader.Require(saved == here, $"{name}: {saved}, and {here} here");
        }
        foreach ((string name, string here) in Texts(context))
        {
            string saved = reader.ReadText(LongestText);
            reader.Require(saved == here, $"{name}: \"{saved}\", and \"{here}\" here");
        }
        reader.End();
    }

    private static (string Name, ulong Value)[] Numbers(ControllerContext context)
    {
        NvmeControllerOptions options = context.Options;
        return
        [
            ("queue pairs", (ulong)options.MaxQueuePairs),
            ("entries of a queue", (ulong)options.MaxQueueEntries),
            ("interrupt vectors", (ulong)options.EffectiveVectors),
            ("stride exponent of doorbells", (ulong)options.StrideExponent),
            ("largest transfer", options.MaxTransferBytes),
            ("Doorbell Buffer Config", options.OffersShadowDoorbells ? 1ul : 0),
            ("NVM Subsystem Reset", options.SubsystemReset ? 1ul : 0),
            ("Namespace Management", context.Subsystem.Options.Pool is null ? 0ul : 1),
            ("controller identifier", context.Member.Id),
            ("PCI vendor", options.PciVendorId),
            ("PCI device", options.PciDeviceId),
            ("PCI subsystem vendor", options.PciSubsystemVendorId),
            ("PCI subsystem", options.PciSubsystemId),
        ];
    }

    private static (string Name, string Value)[] Texts(ControllerContext context)
    {
        NvmeSubsystemOptions options = context.Subsystem.Options;
        return
        [
            ("serial number", options.Serial),
            ("model number", options.Model),
            ("qualified name", options.EffectiveQualifiedName),
        ];
    }
}
