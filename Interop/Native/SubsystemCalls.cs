using System.Runtime.InteropServices;
using NvmeDoorbell.Controller;
using NvmeDoorbell.Storage;

namespace NvmeDoorbell.Interop.Native;

/// <summary>Subsystems: create and free, attach and detach namespaces.</summary>
// SAFETY: the pointers are the caller's config and result, checked for null; structs are copied by their own size,
// strings up to their limit.
internal static unsafe class SubsystemCalls
{
    private const int MaxSerialBytes = 20;
    private const int MaxModelBytes = 40;
    private const int MaxNqnBytes = 223;

    public static int Create(SubsystemConfig* config, ulong* subsystem)
    {
        DiskPool? pool = null;
        try
        {
            if (subsystem is null)
                return LastError.Set(Status.Argument, "The place for the handle is null.");
            *subsystem = 0;
            int status = VersionedStruct.Read(config, out SubsystemConfig value);
            if (status != Status.Ok)
                return status;
            if (value.AbiVersion != RuntimeCalls.AbiVersion)
                return LastError.Set(Status.Abi, "The ABI version is not this library's.");
            if (value.PoolBytes == 0 && value.PoolPath is not null)
                return LastError.Set(Status.Argument, "A pool's folder needs the bytes that may be made of it.");
            if (value.PoolBytes != 0)
                pool = OpenPool(value);
            NvmeSubsystemOptions defaults = new();
            SubsystemObject target = new(
                new NvmeSubsystem(new NvmeSubsystemOptions
                {
                    Serial = Text(value.Serial, MaxSerialBytes) ?? defaults.Serial,
                    Model = Text(value.Model, MaxModelBytes) ?? defaults.Model,
                    QualifiedName = Text(value.Nqn, MaxNqnBytes),
                    Pool = pool,
                }),
                pool);
            *subsystem = HandleTable.Shared.Add(HandleKind.Subsystem, target);
            pool = null;
            return Status.Ok;
        }
        catch (Exception e)
        {
            return LastError.From(e);
        }
        finally
        {
            pool?.Dispose();
        }
    }

    public static int Free(ulong subsystem)
    {
        try
        {
            return HandleTable.Shared.Free(subsystem, HandleKind.Subsystem);
        }
        catch (Exception e)
        {
            return LastError.From(e);
        }
    }

    public static int Attach(ulong subsystem, uint nsid, ulong controller) =>
        Run(subsystem, nsid, controller, static (target, nsid, controller) =>
        {
            try
            {
                target.AttachNamespace(nsid, controller);
                return Status.Ok;
            }
            catch (InvalidOperationException e)
            {
                return LastError.Set(Status.Exists, e.Message);
            }
        });

    public static int Detach(ulong subsystem, uint nsid, ulong controller) =>
        Run(subsystem, nsid, controller, static (target, nsid, controller) =>
        {
            try
            {
                return target.DetachNamespace(nsid, controller)
                    ? Status.Ok
                    : LastError.Set(Status.Range, "The namespace is not attached to the controller.");
            }
            catch (InvalidOperationException e)
            {
                return LastError.Set(Status.Thread, e.Message);
            }
        });

    public static HandleUse<SubsystemObject> Enter(ulong subsystem) =>
        HandleTable.Shared.Enter<SubsystemObject>(subsystem, HandleKind.Subsystem);

    /// <summary>Enters what a namespace can be added to: a subsystem or a controller.</summary>
    public static HandleUse<NamespaceOwner> EnterOwner(ulong owner) => HandleTable.Shared.Enter<NamespaceOwner>(
        owner,
        HandleTable.Shared.Find(owner, HandleKind.Subsystem) is null ? HandleKind.Controller : HandleKind.Subsystem);

    private static int Run(
        ulong subsystem, uint nsid, ulong controller, Func<NvmeSubsystem, uint, NvmeController, int> run)
    {
        try
        {
            using HandleUse<SubsystemObject> use = Enter(subsystem);
            if (!use.TryGet(out SubsystemObject? target))
                return use.Status;
            using HandleUse<ControllerObject> controllerUse = ControllerCalls.Enter(controller);
            if (!controllerUse.TryGet(out ControllerObject? attached))
                return controllerUse.Status;
            return run(target.Subsystem, nsid, attached.Function.Controller);
        }
        catch (ArgumentException e)
        {
            return LastError.Set(Status.Range, e.Message);
        }
        catch (Exception e)
        {
            return LastError.From(e);
        }
    }

    private static DiskPool OpenPool(in SubsystemConfig value) => value.PoolPath is null
        ? new RamDiskPool(value.PoolBytes)
        : new DirectoryDiskPool(
            Marshal.PtrToStringUTF8((nint)value.PoolPath) ?? throw new ArgumentException("The path is null."),
            value.PoolBytes);

    private static string? Text(byte* text, int maxBytes) => text is null
        ? null
        : CString.Read(text, maxBytes) ?? throw new ArgumentException($"A text is longer than {maxBytes} bytes.");
}
