using NvmeDoorbell.Memory;

namespace NvmeDoorbell.Interop.Native;

/// <summary>Guest memory: regions come and go.</summary>
// SAFETY: the one pointer written to is the caller's result, checked for null; host ranges are the embedder's promise
// and are kept as addresses only.
internal static unsafe class MemoryCalls
{
    private const uint ReadOnly = 1;
    private const uint DefaultTimeoutMs = 10_000;

    public static int Create(ulong* memory)
    {
        try
        {
            if (memory is null)
                return LastError.Set(Status.Argument, "The place for the handle is null.");
            *memory = 0;
            *memory = HandleTable.Shared.Add(HandleKind.Memory, new MemoryObject());
            return Status.Ok;
        }
        catch (Exception e)
        {
            return LastError.From(e);
        }
    }

    public static int Add(ulong memory, ulong guestAddress, void* host, ulong lengthBytes, uint flags)
    {
        try
        {
            using HandleUse<MemoryObject> use = Enter(memory);
            if (!use.TryGet(out MemoryObject? target))
                return use.Status;
            if (host is null)
                return LastError.Set(Status.Argument, "The host address is null.");
            if ((flags & ~ReadOnly) != 0)
                return LastError.Set(Status.Argument, "Flags that this library does not know.");
            GuestAccess access = (flags & ReadOnly) != 0 ? GuestAccess.ReadOnly : GuestAccess.ReadWrite;
            target.Memory.AddRegion(guestAddress, (nint)host, lengthBytes, access);
            return Status.Ok;
        }
        catch (InvalidOperationException e)
        {
            return LastError.Set(Status.Exists, e.Message);
        }
        catch (Exception e)
        {
            return LastError.From(e);
        }
    }

    public static int Remove(ulong memory, ulong guestAddress, ulong lengthBytes, uint timeoutMs)
    {
        try
        {
            using HandleUse<MemoryObject> use = Enter(memory);
            if (!use.TryGet(out MemoryObject? target))
                return use.Status;
            TimeSpan timeout = TimeSpan.FromMilliseconds(timeoutMs == 0 ? DefaultTimeoutMs : timeoutMs);
            return target.Memory.RemoveRegion(guestAddress, lengthBytes, timeout) switch
            {
                GuestMemoryRemoval.Removed => Status.Ok,
                GuestMemoryRemoval.Busy => LastError.Set(Status.Busy, "Commands under way still use the region."),
                GuestMemoryRemoval.NotFound =>
                    LastError.Set(Status.Range, "No region starts at that address with that length."),
                _ => LastError.Set(Status.Thread, "A reactor's own thread would wait for itself."),
            };
        }
        catch (Exception e)
        {
            return LastError.From(e);
        }
    }

    public static int Free(ulong memory)
    {
        try
        {
            return HandleTable.Shared.Free(memory, HandleKind.Memory);
        }
        catch (Exception e)
        {
            return LastError.From(e);
        }
    }

    private static HandleUse<MemoryObject> Enter(ulong memory) =>
        HandleTable.Shared.Enter<MemoryObject>(memory, HandleKind.Memory);
}
