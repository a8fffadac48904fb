using System.Runtime.InteropServices;
using NvmeDoorbell.Storage;

namespace NvmeDoorbell.Interop.Native;

/// <summary>
/// Namespaces on disks of every kind, added to a controller or to a subsystem, and the completions of native disks.
/// </summary>
// SAFETY: the pointers are the caller's configs and results, checked for null; structs are copied by their own size.
internal static unsafe class NamespaceCalls
{
    private const uint MaxNsid = 1024;
    private const uint SmallBlockBytes = 512;
    private const uint LargeBlockBytes = 4096;

    public static int AddRam(ulong owner, NamespaceConfig* config, uint* nsid) =>
        Add(owner, config, nsid, static value =>
            Protect(new RamDisk(value.LengthBytes, (int)value.BlockBytes), value.ReadOnly != 0));

    public static int AddNull(ulong owner, NamespaceConfig* config, uint* nsid) =>
        Add(owner, config, nsid, static value =>
            Protect(new NullDisk(value.LengthBytes, (int)value.BlockBytes), value.ReadOnly != 0));

    public static int AddFile(ulong owner, NamespaceConfig* config, byte* path, uint* nsid) =>
        Add(owner, config, nsid, value => FileDisk.Open(
            Marshal.PtrToStringUTF8((nint)path) ?? throw new ArgumentException("The path is null."),
            new FileDiskOptions
            {
                BlockBytes = (int)value.BlockBytes,
                IsReadOnly = value.ReadOnly != 0,
                LengthBytes = value.LengthBytes,
                Io = (FileDiskIo)value.FileIo,
                IsDirect = value.FileDirect != 0,
                IsShared = value.FileShared != 0,
            }));

    public static int AddNative(ulong owner, NamespaceConfig* config, NativeDiskCallbacks* callbacks, uint* nsid)
    {
        int status = VersionedStruct.Read(callbacks, out NativeDiskCallbacks known);
        if (status != Status.Ok)
            return status;
        if (known.Submit is null || known.Reserved != 0)
            return LastError.Set(Status.Argument, "A native disk needs its submit, and its reserved field 0.");
        return Add(owner, config, nsid, value =>
        {
            if (value.LengthBytes == 0 || value.LengthBytes % value.BlockBytes != 0)
                throw new ArgumentException("The length is a multiple of the block, and not 0.");
            return new NativeDisk(known, (int)value.BlockBytes, value.LengthBytes, value.ReadOnly != 0);
        });
    }

    public static int Remove(ulong owner, uint nsid)
    {
        try
        {
            using HandleUse<NamespaceOwner> use = SubsystemCalls.EnterOwner(owner);
            return use.TryGet(out NamespaceOwner? target) ? target.RemoveNamespace(nsid) : use.Status;
        }
        catch (Exception e)
        {
            return LastError.From(e);
        }
    }

    public static int Resize(ulong owner, uint nsid, ulong lengthBytes)
    {
        try
        {
            using HandleUse<NamespaceOwner> use = SubsystemCalls.EnterOwner(owner);
            if (!use.TryGet(out NamespaceOwner? target))
                return use.Status;
            target.Subsystem.ResizeNamespace(nsid, lengthBytes);
            return Status.Ok;
        }
        catch (ArgumentException e) when (e is not ArgumentOutOfRangeException)
        {
            return LastError.Set(Status.Range, e.Message);
        }
        catch (Exception e)
        {
            return LastError.From(e);
        }
    }

    public static int Complete(ulong token, uint diskStatus)
    {
        try
        {
            if (!NativeDisk.IsFinal(diskStatus))
                return LastError.Set(Status.Argument, "Not a status that ends a request.");
            if (!NativeRequestTable.Shared.TryClaim(token, out NativeRequest request))
                return LastError.Set(Status.State, "No request under way has that token.");
            request.Complete((DiskStatus)diskStatus);
            return Status.Ok;
        }
        catch (Exception e)
        {
            return LastError.From(e);
        }
    }

    private static int Add(ulong owner, NamespaceConfig* config, uint* nsid, Func<NamespaceConfig, IDisk> open)
    {
        IDisk? opened = null;
        FaultyDisk? faulty = null;
        try
        {
            using HandleUse<NamespaceOwner> use = SubsystemCalls.EnterOwner(owner);
            if (!use.TryGet(out NamespaceOwner? target))
                return use.Status;
            int status = Read(config, out NamespaceConfig value, out DiskFaultPlan? faults);
            if (status != Status.Ok)
                return status;
            opened = open(value);
            faulty = faults is null ? null : new FaultyDisk(opened, faults);
            uint added = target.AddNamespace(
                value.Nsid, new NamespaceDisk(faulty is null ? opened : faulty, faulty, opened as NativeDisk));
            (opened, faulty) = (null, null);
            if (nsid is not null)
                *nsid = added;
            return Status.Ok;
        }
        catch (InvalidOperationException e) when (e is not ObjectDisposedException)
        {
            return LastError.Set(Status.Exists, e.Message);
        }
        catch (Exception e)
        {
            return LastError.From(e);
        }
        finally
        {
            // What could not be attached was never the owner's.
            (opened as NativeDisk)?.Abandon();
            faulty?.Dispose();
            opened?.Dispose();
        }
    }

    private static int Read(NamespaceConfig* config, out NamespaceConfig value, out DiskFaultPlan? faults)
    {
        faults = null;
        int status = VersionedStruct.Read(config, out value);
        if (status != Status.Ok)
            return status;
        if (value.BlockBytes == 0)
            value.BlockBytes = SmallBlockBytes;
        if (value.Nsid > MaxNsid || value.ReadOnly > 1 || value.BlockBytes is not (SmallBlockBytes or LargeBlockBytes))
            return LastError.Set(Status.Argument, "The nsid is 1 to 1024, read_only 0 or 1, the block 512 or 4096 bytes.");
        if (value.FileIo > (uint)FileDiskIo.Positional || value.FileDirect > 1 || value.FileShared > 1)
            return LastError.Set(Status.Argument, "file_io is an NVMEDB_FILE_IO_*, file_direct and file_shared 0 or 1.");
        return value.Faults is null ? Status.Ok : FaultCalls.Read(value.Faults, out faults);
    }

    private static IDisk Protect(IResizableDisk disk, bool isReadOnly) => isReadOnly ? new ReadOnlyDisk(disk) : disk;
}
