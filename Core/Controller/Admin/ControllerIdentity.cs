using System.Buffers.Binary;
using System.Numerics;
using NvmeDoorbell.Spec;
using NvmeDoorbell.Storage;

namespace NvmeDoorbell.Controller;

/// <summary>
/// The Identify Controller data structure (NVMe Base 2.0, figure "Identify Controller Data Structure").
/// </summary>
internal static class ControllerIdentity
{
    /// <summary>Aborts that may be outstanding: ACL + 1.</summary>
    public const int AbortLimit = 4;

    /// <summary>WCTEMP, and the default of the temperature threshold.</summary>
    public const ushort WarningTemperatureKelvin = 343;

    /// <summary>FR.</summary>
    public const string FirmwareRevision = "1.0";

    private const ushort CriticalTemperatureKelvin = 373;
    private const uint HostIdentifierOf128Bits = 1;
    private const byte IoController = 1;
    private const byte SeveralControllers = 1 << 1;
    private const byte OneReadOnlyFirmwareSlot = 0x03;
    // LPA: effects, extended data, and the log pages of supported log pages and features.
    private const byte LogPageAttributes = 0x26;
    private const byte WriteCacheAndFlushOfAll = 0x07;
    private const ushort AnyAtomicity = 0;
    private const ushort CompareAndWrite = 1;
    private const ushort CopyFormat0 = 1;

    // SGLS: any alignment, bit buckets, metadata pointers of either kind (no format has metadata); a request holds the
    // data blocks of so many descriptors (SDT).
    private const uint SglSupport = 1 | (255 << 8) | (1 << 16) | (1 << 17) | (1 << 19);

    /// <summary>Writes the structure into a zeroed page.</summary>
    public static void Write(ControllerContext context, Span<byte> page)
    {
        NvmeControllerOptions options = context.Options;
        OptionalAdminCommands optionalAdmin = OptionalAdminCommands.DeviceSelfTest | OptionalAdminCommands.FormatNvm;
        if (context.OffersShadowDoorbells)
            optionalAdmin |= OptionalAdminCommands.DoorbellBufferConfig;
        IDiskPool? pool = context.Subsystem.Options.Pool;
        if (pool is not null)
            optionalAdmin |= OptionalAdminCommands.NamespaceManagement;
        var data = new IdentifyControllerData(page)
        {
            VendorId = options.PciVendorId,
            SubsystemVendorId = options.PciSubsystemVendorId,
            SerialNumber = context.Subsystem.Options.Serial,
            ModelNumber = context.Subsystem.Options.Model,
            FirmwareRevision = FirmwareRevision,
            RecommendedArbitrationBurst = FeatureTable.DefaultArbitrationBurst,
            MultiPathCapabilities = options.Subsystem is null ? (byte)0 : SeveralControllers,
            MaximumDataTransferSize = (byte)(BitOperations.Log2(options.MaxTransferBytes) - 12),
            ControllerId = context.Member.Id,
            Version = NvmeVersion.V20,
            RuntimeD3ResumeLatencyUs = 0,
            RuntimeD3EntryLatencyUs = 10_000_000,
            AsynchronousEventsSupported = AsynchronousEventConfiguration.NamespaceAttribute,
            ControllerAttributes = HostIdentifierOf128Bits,
            ControllerType = IoController,
            OptionalAdminCommands = optionalAdmin,
            AbortCommandLimit = AbortLimit - 1,
            AsynchronousEventRequestLimit = AsynchronousEvents.Limit - 1,
            FirmwareUpdates = OneReadOnlyFirmwareSlot,
            LogPageAttributes = LogPageAttributes,
            ErrorLogPageEntries = ErrorLog.Entries - 1,
            PowerStates = 0,
            AdminVendorSpecificConfiguration = 1,
            WarningTemperatureKelvin = WarningTemperatureKelvin,
            CriticalTemperatureKelvin = CriticalTemperatureKelvin,
            ExtendedSelfTestTimeMinutes = SelfTest.ExtendedMinutes,
            TotalCapacityBytes = pool?.TotalBytes ?? 0,
            UnallocatedCapacityBytes = pool?.FreeBytes ?? 0,
            SanitizeCapabilities = SanitizeCommand.Capabilities,
            SubmissionEntrySize = 0x66,
            CompletionEntrySize = 0x44,
            NumberOfNamespaces = NamespaceTable.MaxId,
            OptionalIoCommands = OptionalIoCommands.Compare | OptionalIoCommands.WriteUncorrectable
                | OptionalIoCommands.DatasetManagement | OptionalIoCommands.WriteZeroes
                | OptionalIoCommands.SaveAndSelect | OptionalIoCommands.Timestamp | OptionalIoCommands.Verify
                | OptionalIoCommands.Copy | OptionalIoCommands.Reservations,
            FusedOperationSupport = CompareAndWrite,
            CopyDescriptorFormats = CopyFormat0,
            FormatNvmAttributes = 0, // each namespace by itself, erased too; no cryptographic erase
            VolatileWriteCache = WriteCacheAndFlushOfAll,
            AtomicWriteUnitNormal = AnyAtomicity,
            AtomicWriteUnitPowerFail = AnyAtomicity,
            AtomicCompareAndWriteUnit = AnyAtomicity,
            SglSupport = SglSupport,
            SubsystemQualifiedName = context.Subsystem.Options.EffectiveQualifiedName,
        };
        // Power state 0: 25 W, no entry or exit latency to speak of.
        BinaryPrimitives.WriteUInt16LittleEndian(data.PowerStateDescriptor(0), 2500);
    }
}
