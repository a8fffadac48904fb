using NvmeDoorbell.Spec;

namespace NvmeDoorbell.Tests.Spec;

/// <summary>Every field of the Identify structures is at its offset, and writes nothing beside itself.</summary>
public sealed class IdentifyLayoutTests
{
    /// <summary>A field: where it is, how to set all its bits, and how to read it.</summary>
    private sealed record ControllerField(
        string Name, int Offset, int SizeBytes, SetController Set, GetController Get);

    private sealed record NamespaceField(string Name, int Offset, int SizeBytes, SetNamespace Set, GetNamespace Get);

    private delegate void SetController(IdentifyControllerData data);

    private delegate ulong GetController(IdentifyControllerData data);

    private delegate void SetNamespace(IdentifyNamespaceData data);

    private delegate ulong GetNamespace(IdentifyNamespaceData data);

    private static readonly ControllerField[] ControllerFields =
    [
        new("VendorId", 0, 2, d => d.VendorId = 0xFFFF, d => d.VendorId),
        new("SubsystemVendorId", 2, 2, d => d.SubsystemVendorId = 0xFFFF, d => d.SubsystemVendorId),
        new("RecommendedArbitrationBurst", 72, 1,
            d => d.RecommendedArbitrationBurst = 0xFF, d => d.RecommendedArbitrationBurst),
        new("OuiIdentifier", 73, 3, d => d.OuiIdentifier = 0xFFFFFF, d => d.OuiIdentifier),
        new("MultiPathCapabilities", 76, 1, d => d.MultiPathCapabilities = 0xFF, d => d.MultiPathCapabilities),
        new("MaximumDataTransferSize", 77, 1, d => d.MaximumDataTransferSize = 0xFF, d => d.MaximumDataTransferSize),
        new("ControllerId", 78, 2, d => d.ControllerId = 0xFFFF, d => d.ControllerId),
        new("Version", 80, 4, d => d.Version = uint.MaxValue, d => d.Version),
        new("RuntimeD3ResumeLatencyUs", 84, 4,
            d => d.RuntimeD3ResumeLatencyUs = uint.MaxValue, d => d.RuntimeD3ResumeLatencyUs),
        new("RuntimeD3EntryLatencyUs", 88, 4,
            d => d.RuntimeD3EntryLatencyUs = uint.MaxValue, d => d.RuntimeD3EntryLatencyUs),
        new("AsynchronousEventsSupported", 92, 4,
            d => d.AsynchronousEventsSupported = (AsynchronousEventConfiguration)uint.MaxValue,
            d => (uint)d.AsynchronousEventsSupported),
        new("ControllerAttributes", 96, 4, d => d.ControllerAttributes = uint.MaxValue, d => d.ControllerAttributes),
        new("ReadRecoveryLevelsSupported", 100, 2,
            d => d.ReadRecoveryLevelsSupported = 0xFFFF, d => d.ReadRecoveryLevelsSupported),
        new("ControllerType", 111, 1, d => d.ControllerType = 0xFF, d => d.ControllerType),
        new("FruGuid", 112, 16,
            d => d.FruGuid.Fill(0xFF), d => d.FruGuid.IndexOfAnyExcept((byte)0xFF) < 0 ? ulong.MaxValue : 0),
        new("OptionalAdminCommands", 256, 2,
            d => d.OptionalAdminCommands = (OptionalAdminCommands)0xFFFF, d => (ushort)d.OptionalAdminCommands),
        new("AbortCommandLimit", 258, 1, d => d.AbortCommandLimit = 0xFF, d => d.AbortCommandLimit),
        new("AsynchronousEventRequestLimit", 259, 1,
            d => d.AsynchronousEventRequestLimit = 0xFF, d => d.AsynchronousEventRequestLimit),
        new("FirmwareUpdates", 260, 1, d => d.FirmwareUpdates = 0xFF, d => d.FirmwareUpdates),
        new("LogPageAttributes", 261, 1, d => d.LogPageAttributes = 0xFF, d => d.LogPageAttributes),
        new("ErrorLogPageEntries", 262, 1, d => d.ErrorLogPageEntries = 0xFF, d => d.ErrorLogPageEntries),
        new("PowerStates", 263, 1, d => d.PowerStates = 0xFF, d => d.PowerStates),
        new("AdminVendorSpecificConfiguration", 264, 1,
            d => d.AdminVendorSpecificConfiguration = 0xFF, d => d.AdminVendorSpecificConfiguration),
        new("AutonomousPowerStateAttributes", 265, 1,
            d => d.AutonomousPowerStateAttributes = 0xFF, d => d.AutonomousPowerStateAttributes),
        new("WarningTemperatureKelvin", 266, 2,
            d => d.WarningTemperatureKelvin = 0xFFFF, d => d.WarningTemperatureKelvin),
        new("CriticalTemperatureKelvin", 268, 2,
            d => d.CriticalTemperatureKelvin = 0xFFFF, d => d.CriticalTemperatureKelvin),
        new("TotalCapacityBytes", 280, 8, d => d.TotalCapacityBytes = ulong.MaxValue, d => d.TotalCapacityBytes),
        new("UnallocatedCapacityBytes", 296, 8,
            d => d.UnallocatedCapacityBytes = ulong.MaxValue, d => d.UnallocatedCapacityBytes),
        new("ExtendedSelfTestTimeMinutes", 316, 2,
            d => d.ExtendedSelfTestTimeMinutes = 0xFFFF, d => d.ExtendedSelfTestTimeMinutes),
        new("SelfTestOptions", 318, 1, d => d.SelfTestOptions = 0xFF, d => d.SelfTestOptions),
        new("KeepAliveSupport", 320, 2, d => d.KeepAliveSupport = 0xFFFF, d => d.KeepAliveSupport),
        new("SanitizeCapabilities", 328, 4, d => d.SanitizeCapabilities = uint.MaxValue, d => d.SanitizeCapabilities),
        new("SubmissionEntrySize", 512, 1, d => d.SubmissionEntrySize = 0xFF, d => d.SubmissionEntrySize),
        new("CompletionEntrySize", 513, 1, d => d.CompletionEntrySize = 0xFF, d => d.CompletionEntrySize),
        new("MaximumOutstandingCommands", 514, 2,
            d => d.MaximumOutstandingCommands = 0xFFFF, d => d.MaximumOutstandingCommands),
        new("NumberOfNamespaces", 516, 4, d => d.NumberOfNamespaces = uint.MaxValue, d => d.NumberOfNamespaces),
        new("OptionalIoCommands", 520, 2,
            d => d.OptionalIoCommands = (OptionalIoCommands)0xFFFF, d => (ushort)d.OptionalIoCommands),
        new("FusedOperationSupport", 522, 2, d => d.FusedOperationSupport = 0xFFFF, d => d.FusedOperationSupport),
        new("FormatNvmAttributes", 524, 1, d => d.FormatNvmAttributes = 0xFF, d => d.FormatNvmAttributes),
        new("VolatileWriteCache", 525, 1, d => d.VolatileWriteCache = 0xFF, d => d.VolatileWriteCache),
        new("AtomicWriteUnitNormal", 526, 2, d => d.AtomicWriteUnitNormal = 0xFFFF, d => d.AtomicWriteUnitNormal),
        new("AtomicWriteUnitPowerFail", 528, 2,
            d => d.AtomicWriteUnitPowerFail = 0xFFFF, d => d.AtomicWriteUnitPowerFail),
        new("WriteProtectionCapabilities", 531, 1,
            d => d.WriteProtectionCapabilities = 0xFF, d => d.WriteProtectionCapabilities),
        new("AtomicCompareAndWriteUnit", 532, 2,
            d => d.AtomicCompareAndWriteUnit = 0xFFFF, d => d.AtomicCompareAndWriteUnit),
        new("CopyDescriptorFormats", 534, 2, d => d.CopyDescriptorFormats = 0xFFFF, d => d.CopyDescriptorFormats),
        new("SglSupport", 536, 4, d => d.SglSupport = uint.MaxValue, d => d.SglSupport),
        new("MaximumAllowedNamespaces", 540, 4,
            d => d.MaximumAllowedNamespaces = uint.MaxValue, d => d.MaximumAllowedNamespaces),
    ];

    // Text: has tests of its own below.
    private static readonly string[] ControllerTexts =
        ["SerialNumber", "ModelNumber", "FirmwareRevision", "SubsystemQualifiedName"];

    private static readonly NamespaceField[] NamespaceFields =
    [
        new("SizeBlocks", 0, 8, d => d.SizeBlocks = ulong.MaxValue, d => d.SizeBlocks),
        new("CapacityBlocks", 8, 8, d => d.CapacityBlocks = ulong.MaxValue, d => d.CapacityBlocks),
        new("UtilizationBlocks", 16, 8, d => d.UtilizationBlocks = ulong.MaxValue, d => d.UtilizationBlocks),
        new("Features", 24, 1, d => d.Features = 0xFF, d => d.Features),
        new("NumberOfLbaFormats", 25, 1, d => d.NumberOfLbaFormats = 0xFF, d => d.NumberOfLbaFormats),
        new("FormattedLbaSize", 26, 1, d => d.FormattedLbaSize = 0xFF, d => d.FormattedLbaSize),
        new("MetadataCapabilities", 27, 1, d => d.MetadataCapabilities = 0xFF, d => d.MetadataCapabilities),
        new("ProtectionCapabilities", 28, 1, d => d.ProtectionCapabilities = 0xFF, d => d.ProtectionCapabilities),
        new("ProtectionSettings", 29, 1, d => d.ProtectionSettings = 0xFF, d => d.ProtectionSettings),
        new("SharingCapabilities", 30, 1, d => d.SharingCapabilities = 0xFF, d => d.SharingCapabilities),
        new("ReservationCapabilities", 31, 1, d => d.ReservationCapabilities = 0xFF, d => d.ReservationCapabilities),
        new("FormatProgress", 32, 1, d => d.FormatProgress = 0xFF, d => d.FormatProgress),
        new("DeallocateFeatures", 33, 1, d => d.DeallocateFeatures = 0xFF, d => d.DeallocateFeatures),
        new("AtomicWriteUnitNormal", 34, 2, d => d.AtomicWriteUnitNormal = 0xFFFF, d => d.AtomicWriteUnitNormal),
        new("AtomicWriteUnitPowerFail", 36, 2,
            d => d.AtomicWriteUnitPowerFail = 0xFFFF, d => d.AtomicWriteUnitPowerFail),
        new("AtomicCompareAndWriteUnit", 38, 2,
            d => d.AtomicCompareAndWriteUnit = 0xFFFF, d => d.AtomicCompareAndWriteUnit),
        new("OptimalIoBoundary", 46, 2, d => d.OptimalIoBoundary = 0xFFFF, d => d.OptimalIoBoundary),
        new("NvmCapacityBytes", 48, 8, d => d.NvmCapacityBytes = ulong.MaxValue, d => d.NvmCapacityBytes),
        new("PreferredWriteGranularity", 64, 2,
            d => d.PreferredWriteGranularity = 0xFFFF, d => d.PreferredWriteGranularity),
        new("PreferredWriteAlignment", 66, 2, d => d.PreferredWriteAlignment = 0xFFFF, d => d.PreferredWriteAlignment),
        new("PreferredDeallocateGranularity", 68, 2,
            d => d.PreferredDeallocateGranularity = 0xFFFF, d => d.PreferredDeallocateGranularity),
        new("PreferredDeallocateAlignment", 70, 2,
            d => d.PreferredDeallocateAlignment = 0xFFFF, d => d.PreferredDeallocateAlignment),
        new("OptimalWriteSize", 72, 2, d => d.OptimalWriteSize = 0xFFFF, d => d.OptimalWriteSize),
        new("MaximumSingleSourceRange", 74, 2,
            d => d.MaximumSingleSourceRange = 0xFFFF, d => d.MaximumSingleSourceRange),
        new("MaximumCopyLength", 76, 4, d => d.MaximumCopyLength = uint.MaxValue, d => d.MaximumCopyLength),
        new("MaximumSourceRangeCount", 80, 1, d => d.MaximumSourceRangeCount = 0xFF, d => d.MaximumSourceRangeCount),
        new("Attributes", 99, 1, d => d.Attributes = 0xFF, d => d.Attributes),
        new("Nguid", 104, 16,
            d => d.Nguid.Fill(0xFF), d => d.Nguid.IndexOfAnyExcept((byte)0xFF) < 0 ? ulong.MaxValue : 0),
        new("Eui64", 120, 8,
            d => d.Eui64.Fill(0xFF), d => d.Eui64.IndexOfAnyExcept((byte)0xFF) < 0 ? ulong.MaxValue : 0),
    ];

    [Test]
    public void Every_field_is_tested()
    {
        Assert.That(typeof(IdentifyControllerData).GetProperties().Select(property => property.Name),
            Is.EquivalentTo(ControllerFields.Select(field => field.Name).Concat(ControllerTexts)));
        Assert.That(typeof(IdentifyNamespaceData).GetProperties().Select(property => property.Name),
            Is.EquivalentTo(NamespaceFields.Select(field => field.Name)));
    }

    [Test]
    public void Fields_of_the_controller_are_where_they_belong()
    {
        foreach (ControllerField field in ControllerFields)
        {
            byte[] bytes = new byte[IdentifyControllerData.SizeBytes];
            var data = new IdentifyControllerData(bytes);
            Assert.That(field.Get(data), Is.Zero, field.Name);
            field.Set(data);
            Assert.That(Changed(bytes), Is.EqualTo((field.Offset, field.SizeBytes)), field.Name);
            Assert.That(field.Get(data), Is.EqualTo(Ones(field.SizeBytes)), field.Name);
        }
    }

    [Test]
    public void Fields_of_the_namespace_are_where_they_belong()
    {
        foreach (NamespaceField field in NamespaceFields)
        {
            byte[] bytes = new byte[IdentifyNamespaceData.SizeBytes];
            var data = new IdentifyNamespaceData(bytes);
            Assert.That(field.Get(data), Is.Zero, field.Name);
            field.Set(data);
            Assert.That(Changed(bytes), Is.EqualTo((field.Offset, field.SizeBytes)), field.Name);
            Assert.That(field.Get(data), Is.EqualTo(Ones(field.SizeBytes)), field.Name);
        }
    }

    [Test]
    public void Numbers_are_little_endian()
    {
        byte[] bytes = new byte[IdentifyControllerData.SizeBytes];
        var data = new IdentifyControllerData(bytes) { OuiIdentifier = 0x112233, Version = NvmeVersion.V20 };
        Assert.That(bytes.AsSpan(73, 3).ToArray(), Is.EqualTo(new byte[] { 0x33, 0x22, 0x11 }));
        Assert.That(bytes.AsSpan(80, 4).ToArray(), Is.EqualTo(new byte[] { 0, 0, 2, 0 }));
        Assert.That(data.OuiIdentifier, Is.EqualTo(0x112233));
    }

    [Test]
    public void Text_is_padded_cut_and_kept_printable()
    {
        byte[] bytes = new byte[IdentifyControllerData.SizeBytes];
        var data = new IdentifyControllerData(bytes)
        {
            SerialNumber = "SN\u00e9\n7",
            ModelNumber = new string('m', 50),
            FirmwareRevision = "",
        };
        Assert.That(Changed(bytes), Is.EqualTo((4, 68)));
        Assert.That(data.SerialNumber, Is.EqualTo("SN??7"));
        Assert.That(data.ModelNumber, Is.EqualTo(new string('m', 40)));
        Assert.That(data.FirmwareRevision, Is.Empty);
        Assert.That(bytes.AsSpan(9, 15).ToArray(), Is.All.EqualTo((byte)' '));
        Assert.That(bytes.AsSpan(64, 8).ToArray(), Is.All.EqualTo((byte)' '));
    }

    [Test]
    public void The_qualified_name_ends_in_zeroes_and_a_shorter_one_leaves_nothing_of_a_longer()
    {
        byte[] bytes = new byte[IdentifyControllerData.SizeBytes];
        var data = new IdentifyControllerData(bytes) { SubsystemQualifiedName = new string('q', 223) };
        Assert.That(Changed(bytes), Is.EqualTo((768, 223)));
        data.SubsystemQualifiedName = "nqn.2014-08.org.nvmexpress:x";
        Assert.That(data.SubsystemQualifiedName, Is.EqualTo("nqn.2014-08.org.nvmexpress:x"));
        Assert.That(Changed(bytes), Is.EqualTo((768, 28)));
        Assert.That(
            () => new IdentifyControllerData(bytes).SubsystemQualifiedName = new string('q', 224),
            Throws.ArgumentException);
    }

    [Test]
    public void Power_states_and_formats_are_numbered_from_their_tables_start()
    {
        byte[] bytes = new byte[4096];
        new IdentifyControllerData(bytes).PowerStateDescriptor(31).Fill(0xFF);
        Assert.That(Changed(bytes), Is.EqualTo((3040, 32)));
        Assert.That(() => new IdentifyControllerData(bytes).PowerStateDescriptor(32).Length,
            Throws.InstanceOf<ArgumentOutOfRangeException>());

        bytes.AsSpan().Clear();
        var data = new IdentifyNamespaceData(bytes);
        data.SetLbaFormat(63, new LbaFormat { DataSize = 12, MetadataSizeBytes = 0x0101, RelativePerformance = 1 });
        Assert.That(bytes.AsSpan(380, 4).ToArray(), Is.EqualTo(new byte[] { 1, 1, 12, 1 }));
        Assert.That(data.GetLbaFormat(63).DataSize, Is.EqualTo(12));
        Assert.That(() => new IdentifyNamespaceData(bytes).GetLbaFormat(64),
            Throws.InstanceOf<ArgumentOutOfRangeException>());
    }

    [Test]
    public void A_buffer_that_is_too_short_is_refused()
    {
        Assert.That(() => new IdentifyControllerData(new byte[4095]).Version,
            Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => new IdentifyNamespaceData(new byte[4095]).SizeBlocks,
            Throws.InstanceOf<ArgumentOutOfRangeException>());
    }

    private static ulong Ones(int sizeBytes) => sizeBytes >= 8 ? ulong.MaxValue : (1UL << (8 * sizeBytes)) - 1;

    // The first byte that is not 0, and the length of the run from there to the last one.
    private static (int Offset, int SizeBytes) Changed(byte[] bytes)
    {
        int first = bytes.AsSpan().IndexOfAnyExcept((byte)0);
        int last = bytes.AsSpan().LastIndexOfAnyExcept((byte)0);
        return (first, last - first + 1);
    }
}
