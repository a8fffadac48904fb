using NvmeDoorbell.Doorbells;

namespace NvmeDoorbell.Interop.Native;

/// <summary>Doorbells alone: open, ring, poll, close.</summary>
// SAFETY: the pointers are the caller's config and results, checked for null; shadow pages are the embedder's promise
// and are kept as addresses.
internal static unsafe class DoorbellsCalls
{
    private const uint MinShadowBytes = 4;
    private const string NoDoorbell = "There is no doorbell of that number.";

    public static int Create(DoorbellsConfig* config, ulong* doorbells, void** view)
    {
        try
        {
            if (doorbells is null || view is null)
                return LastError.Set(Status.Argument, "The place for the handle or for the view is null.");
            *doorbells = 0;
            *view = null;
            int status = VersionedStruct.Read(config, out DoorbellsConfig value);
            if (status != Status.Ok)
                return status;
            if (value.Count is < DoorbellMemory.MinCount or > DoorbellMemory.MaxCount)
                return LastError.Set(Status.Argument, "The count of doorbells is 2 to 131072.");
            if (value.Stride > DoorbellMemory.MaxStrideExponent || value.Barrier > (uint)DoorbellBarrier.Adaptive)
                return LastError.Set(Status.Argument, "The stride is 0 to 8 and the barrier 0 to 3.");
            DoorbellsObject target = new((int)value.Count, (int)value.Stride, (DoorbellBarrier)value.Barrier);
            *doorbells = HandleTable.Shared.Add(HandleKind.Doorbells, target);
            *view = (void*)target.Memory.NativeView;
            return Status.Ok;
        }
        catch (Exception e)
        {
            return LastError.From(e);
        }
    }

    public static int Open(ulong doorbells, uint id, uint limit)
    {
        try
        {
            using HandleUse<DoorbellsObject> use = Enter(doorbells);
            if (!use.TryGet(out DoorbellsObject? target))
                return use.Status;
            if (!target.Has(id))
                return LastError.Set(Status.Range, NoDoorbell);
            target.Open(id, limit);
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

    public static int Close(ulong doorbells, uint id)
    {
        try
        {
            using HandleUse<DoorbellsObject> use = Enter(doorbells);
            if (!use.TryGet(out DoorbellsObject? target))
                return use.Status;
            if (!target.Has(id))
                return LastError.Set(Status.Range, NoDoorbell);
            target.Memory.Close((int)id);
            return Status.Ok;
        }
        catch (Exception e)
        {
            return LastError.From(e);
        }
    }

    /// <summary>
    /// Not counted in: a ring may run while its memory is freed, as the inline ones do, and two threads that ring have
    /// no word in common.
    /// </summary>
    public static int Ring(ulong doorbells, uint id, uint value)
    {
        try
        {
            if (HandleTable.Shared.Find(doorbells, HandleKind.Doorbells) is not DoorbellsObject target)
                return HandleTable.SetNotFound();
            return target.Memory.Ring((int)id, value) switch
            {
                RingResult.Ok => Status.Ok,
                RingResult.OutOfRange when target.Has(id) => LastError.Set(Status.Closed, "The doorbells are being freed."),
                RingResult.OutOfRange => LastError.Set(Status.Range, NoDoorbell),
                RingResult.Closed => LastError.Set(Status.Closed, "The doorbell is closed."),
                _ => LastError.Set(Status.Value, "The value is not below the doorbell's limit."),
            };
        }
        catch (Exception e)
        {
            return LastError.From(e);
        }
    }

    public static int Poll(ulong doorbells, uint id, ulong waker, uint* value)
    {
        try
        {
            using HandleUse<DoorbellsObject> use = Enter(doorbells);
            if (!use.TryGet(out DoorbellsObject? target))
                return use.Status;
            if (value is null)
                return LastError.Set(Status.Argument, "The place for the value is null.");
            if (!target.Has(id))
                return LastError.Set(Status.Range, NoDoorbell);
            if (waker == 0)
                return target.Poll(id, null, out *value);
            using HandleUse<WakerObject> wakerUse = EnterWaker(waker);
            return wakerUse.TryGet(out WakerObject? sleeper)
                ? target.Poll(id, sleeper.Waker, out *value)
                : wakerUse.Status;
        }
        catch (Exception e)
        {
            return LastError.From(e);
        }
    }

    public static int SetShadow(ulong doorbells, void* shadow, void* eventIdx, nuint lengthBytes)
    {
        try
        {
            using HandleUse<DoorbellsObject> use = Enter(doorbells);
            if (!use.TryGet(out DoorbellsObject? target))
                return use.Status;
            if (shadow is null && eventIdx is null)
            {
                target.Memory.UsePrivate();
                return Status.Ok;
            }

            nuint distance = shadow < eventIdx ? (nuint)eventIdx - (nuint)shadow : (nuint)shadow - (nuint)eventIdx;
            if (shadow is null || eventIdx is null || lengthBytes < MinShadowBytes || distance < lengthBytes)
                return LastError.Set(Status.Argument, "Two pages are needed, of a doorbell at least, that do not overlap.");
            return target.Memory.TryUseShadow((nint)shadow, (nint)eventIdx, lengthBytes)
                ? Status.Ok
                : LastError.Set(Status.Argument, "The pages must be aligned to 4 bytes and below 2^48.");
        }
        catch (Exception e)
        {
            return LastError.From(e);
        }
    }

    public static int Free(ulong doorbells)
    {
        try
        {
            return HandleTable.Shared.Free(doorbells, HandleKind.Doorbells);
        }
        catch (Exception e)
        {
            return LastError.From(e);
        }
    }

    public static int CreateWaker(delegate* unmanaged<void*, void> wake, void* context, ulong* waker)
    {
        try
        {
            if (waker is null)
                return LastError.Set(Status.Argument, "The place for the handle is null.");
            *waker = 0;
            if (wake is null)
                return LastError.Set(Status.Argument, "The callback is null.");
            *waker = HandleTable.Shared.Add(HandleKind.Waker, new WakerObject((nint)wake, (nint)context));
            return Status.Ok;
        }
        catch (Exception e)
        {
            return LastError.From(e);
        }
    }

    public static int FreeWaker(ulong waker)
    {
        try
        {
            return HandleTable.Shared.Free(waker, HandleKind.Waker);
        }
        catch (Exception e)
        {
            return LastError.From(e);
        }
    }

    private static HandleUse<DoorbellsObject> Enter(ulong doorbells) =>
        HandleTable.Shared.Enter<DoorbellsObject>(doorbells, HandleKind.Doorbells);

    private static HandleUse<WakerObject> EnterWaker(ulong waker) =>
        HandleTable.Shared.Enter<WakerObject>(waker, HandleKind.Waker);
}
