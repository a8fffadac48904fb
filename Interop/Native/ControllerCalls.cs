using NvmeDoorbell.Controller;
using NvmeDoorbell.Doorbells;
using NvmeDoorbell.Pci;

namespace NvmeDoorbell.Interop.Native;

/// <summary>Controllers: create, reset and free.</summary>
// SAFETY: the pointers are the caller's config and results, checked for null; structs are copied by their own size, the
// list of reactors by its own length, strings up to their limit.
internal static unsafe class ControllerCalls
{
    private const uint NoShadow = 1;
    private const uint MappedDoorbells = 2;
    private const uint NoSubsystemReset = 4;
    private const uint ModeratedInterrupts = 8;
    private const uint MaxReactors = 4096;
    private const int MaxSerialBytes = 20;
    private const int MaxModelBytes = 40;

    public static int Create(ControllerConfig* config, ulong* controller)
    {
        ReactorObject?[] reactors = [];
        FaultyInterrupts? faults = null;
        SubsystemObject? subsystem = null;
        try
        {
            if (controller is null)
                return LastError.Set(Status.Argument, "The place for the handle is null.");
            *controller = 0;
            int status = Read(config, out ControllerConfig value);
            if (status != Status.Ok)
                return status;
            using HandleUse<MemoryObject> use = HandleTable.Shared.Enter<MemoryObject>(value.Memory, HandleKind.Memory);
            if (!use.TryGet(out MemoryObject? memory))
                return use.Status;
            reactors = new ReactorObject?[value.ReactorCount];
            status = EnterAll(new ReadOnlySpan<ulong>(value.Reactors, reactors.Length), reactors);
            if (status != Status.Ok)
                return status;
            if (value.Subsystem != 0)
            {
                status = Enter(value.Subsystem, out subsystem);
                if (status != Status.Ok)
                    return status;
            }
            NvmeControllerOptions options = Options(value, memory, reactors!, subsystem);
            options.Validate();
            NativeInterrupts interrupts = new(value, options.EffectiveVectors);
            if (value.InterruptFaults is not null)
            {
                status = FaultCalls.Read(value.InterruptFaults, out InterruptFaultPlan plan);
                if (status != Status.Ok)
                    return status;
                faults = new FaultyInterrupts(interrupts, plan);
            }
            InterruptOutputs outputs = new(interrupts, faults);
            ControllerObject target = new(
                new PciFunction(options, outputs.Outermost), outputs, memory, reactors!, subsystem);
            *controller = HandleTable.Shared.Add(HandleKind.Controller, target);
            faults = null;
            return Status.Ok;
        }
        catch (Exception e)
        {
            return LastError.From(e);
        }
        finally
        {
            faults?.Dispose();
            foreach (ReactorObject? reactor in reactors)
                reactor?.Leave();
            subsystem?.Leave();
        }
    }

    public static int Reset(ulong controller)
    {
        try
        {
            using HandleUse<ControllerObject> use = Enter(controller);
            return use.TryGet(out ControllerObject? target) ? target.Reset() : use.Status;
        }
        catch (Exception e)
        {
            return LastError.From(e);
        }
    }

    public static int Free(ulong controller)
    {
        try
        {
            return HandleTable.Shared.Free(controller, HandleKind.Controller);
        }
        catch (Exception e)
        {
            return LastError.From(e);
        }
    }

    public static HandleUse<ControllerObject> Enter(ulong controller) =>
        HandleTable.Shared.Enter<ControllerObject>(controller, HandleKind.Controller);

    private static int Read(ControllerConfig* config, out ControllerConfig value)
    {
        int status = VersionedStruct.Read(config, out value);
        if (status != Status.Ok)
            return status;
        if (value.AbiVersion != RuntimeCalls.AbiVersion)
            return LastError.Set(Status.Abi, "The ABI version is not this library's.");
        if (value.Reactors is null || value.ReactorCount is 0 or > MaxReactors)
            return LastError.Set(Status.Argument, "A controller needs 1 to 4096 reactors.");
        if ((value.Flags & ~(NoShadow | MappedDoorbells | NoSubsystemReset | ModeratedInterrupts)) != 0
            || value.Barrier > (uint)DoorbellBarrier.Adaptive)
        {
            return LastError.Set(Status.Argument, "Flags or a barrier that this library does not know.");
        }
        return Status.Ok;
    }

    private static int EnterAll(ReadOnlySpan<ulong> handles, ReactorObject?[] reactors)
    {
        for (int i = 0; i < handles.Length; i++)
        {
            if (HandleTable.Shared.Find(handles[i], HandleKind.Reactor) is not ReactorObject reactor)
                return LastError.Set(Status.Handle, "A reactor's handle is null, freed, or of another kind.");
            int status = reactor.Enter();
            if (status != Status.Ok)
                return LastError.Set(status, "A reactor is being freed.");
            reactors[i] = reactor;
        }

        return Status.Ok;
    }

    private static int Enter(ulong handle, out SubsystemObject? subsystem)
    {
        subsystem = null;
        if (HandleTable.Shared.Find(handle, HandleKind.Subsystem) is not SubsystemObject found)
            return LastError.Set(Status.Handle, "The subsystem's handle is freed, or of another kind.");
        int status = found.Enter();
        if (status != Status.Ok)
            return LastError.Set(status, "The subsystem is being freed.");
        subsystem = found;
        return Status.Ok;
    }

    // What is out of range is refused by the controller, in words.
    private static NvmeControllerOptions Options(
        in ControllerConfig value, MemoryObject memory, ReactorObject[] reactors, SubsystemObject? subsystem)
    {
        NvmeControllerOptions defaults = new()
        {
            Memory = memory.Memory,
            Reactors = Array.ConvertAll(reactors, static reactor => reactor.Reactor),
        };
        return defaults with
        {
            Subsystem = subsystem?.Subsystem,
            MaxQueuePairs = Or(value.MaxQueuePairs, defaults.MaxQueuePairs),
            MaxQueueEntries = Or(value.MaxQueueEntries, defaults.MaxQueueEntries),
            Vectors = Or(value.Vectors, 0),
            StrideExponent = Or(value.Stride, 0),
            Barrier = (DoorbellBarrier)value.Barrier,
            ShadowDoorbells = (value.Flags & NoShadow) == 0,
            MappedDoorbells = (value.Flags & MappedDoorbells) != 0,
            SubsystemReset = (value.Flags & NoSubsystemReset) == 0,
            ModeratedInterrupts = (value.Flags & ModeratedInterrupts) != 0,
            MaxTransferBytes = value.MaxTransferBytes == 0 ? defaults.MaxTransferBytes : value.MaxTransferBytes,
            PciVendorId = value.PciVendorId == 0 ? defaults.PciVendorId : value.PciVendorId,
            PciDeviceId = value.PciDeviceId == 0 ? defaults.PciDeviceId : value.PciDeviceId,
            PciSubsystemVendorId = value.PciSubsystemVendorId,
            PciSubsystemId = value.PciSubsystemId,
            Serial = Text(value.Serial, MaxSerialBytes, defaults.Serial),
            Model = Text(value.Model, MaxModelBytes, defaults.Model),
        };
    }

    private static int Or(uint value, int otherwise) => value == 0 ? otherwise : (int)Math.Min(value, int.MaxValue);

    private static string Text(byte* text, int maxBytes, string otherwise) => text is null
        ? otherwise
        : CString.Read(text, maxBytes) ?? throw new ArgumentException($"A text is longer than {maxBytes} bytes.");
}
