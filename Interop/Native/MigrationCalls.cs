using System.Buffers;

namespace NvmeDoorbell.Interop.Native;

/// <summary>Controllers: pause, save, restore, resume.</summary>
// SAFETY: state is copied to and from the caller's buffers by the lengths that the caller gives; the callback and its
// context are the caller's, valid until it has been called, once.
internal static unsafe class MigrationCalls
{
    public static int Pause(ulong controller, uint timeoutMs)
    {
        try
        {
            using HandleUse<ControllerObject> use = ControllerCalls.Enter(controller);
            return use.TryGet(out ControllerObject? target)
                ? target.Pause(timeoutMs == 0 ? null : TimeSpan.FromMilliseconds(timeoutMs))
                : use.Status;
        }
        catch (Exception e)
        {
            return LastError.From(e);
        }
    }

    public static int StartPause(ulong controller, delegate* unmanaged<void*, int, void> done, void* context)
    {
        try
        {
            using HandleUse<ControllerObject> use = ControllerCalls.Enter(controller);
            if (!use.TryGet(out ControllerObject? target))
                return use.Status;
            if (done is null)
                return LastError.Set(Status.Argument, "The callback is null.");
            target.Function.Controller.StartPause(isPaused => done(context, isPaused ? Status.Ok : Status.State));
            return Status.Ok;
        }
        catch (Exception e)
        {
            return LastError.From(e);
        }
    }

    public static int Resume(ulong controller)
    {
        try
        {
            using HandleUse<ControllerObject> use = ControllerCalls.Enter(controller);
            if (!use.TryGet(out ControllerObject? target))
                return use.Status;
            target.Function.Controller.Resume();
            return Status.Ok;
        }
        catch (Exception e)
        {
            return LastError.From(e);
        }
    }

    public static int Save(ulong controller, void* state, nuint lengthBytes, nuint* neededBytes)
    {
        try
        {
            using HandleUse<ControllerObject> use = ControllerCalls.Enter(controller);
            if (!use.TryGet(out ControllerObject? target))
                return use.Status;
            if (state is null && lengthBytes != 0)
                return LastError.Set(Status.Argument, "The buffer is null, and its length is not 0.");
            ArrayBufferWriter<byte> bytes = new();
            int status = target.Save(bytes);
            if (status != Status.Ok)
                return status;
            nuint needed = (nuint)bytes.WrittenCount;
            if (neededBytes is not null)
                *neededBytes = needed;
            if (lengthBytes < needed)
                return LastError.Set(Status.Memory, $"The state needs {needed} bytes, and the buffer has {lengthBytes}.");
            bytes.WrittenSpan.CopyTo(new Span<byte>(state, bytes.WrittenCount));
            return Status.Ok;
        }
        catch (Exception e)
        {
            return LastError.From(e);
        }
    }

    public static int Restore(ulong controller, void* state, nuint lengthBytes)
    {
        try
        {
            using HandleUse<ControllerObject> use = ControllerCalls.Enter(controller);
            if (!use.TryGet(out ControllerObject? target))
                return use.Status;
            if (state is null || lengthBytes > int.MaxValue)
                return LastError.Set(Status.Argument, "The state is null, or too long.");
            return target.Restore(new ReadOnlySpan<byte>(state, (int)lengthBytes));
        }
        catch (InvalidDataException e)
        {
            return LastError.Set(Status.Argument, e.Message);
        }
        catch (Exception e)
        {
            return LastError.From(e);
        }
    }
}
