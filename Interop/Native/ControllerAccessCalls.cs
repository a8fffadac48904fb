using NvmeDoorbell.Controller;
using NvmeDoorbell.Pci;
using NvmeDoorbell.Spec;

namespace NvmeDoorbell.Interop.Native;

/// <summary>Controllers: what a guest's accesses, its doorbells and its interrupts go through.</summary>
// SAFETY: the pointers are the caller's results, checked for null; structs are copied by their own size.
internal static unsafe class ControllerAccessCalls
{
    private const uint ConfigurationBytes = 4096;
    private const string NoResult = "The place for the result is null.";
    private const string BadWidth = "The width is none that a processor has.";

    public static int GetBar0Size(ulong controller, ulong* lengthBytes)
    {
        try
        {
            using HandleUse<ControllerObject> use = ControllerCalls.Enter(controller);
            if (!use.TryGet(out ControllerObject? target))
                return use.Status;
            if (lengthBytes is null)
                return LastError.Set(Status.Argument, NoResult);
            *lengthBytes = target.Function.Bar0LengthBytes;
            return Status.Ok;
        }
        catch (Exception e)
        {
            return LastError.From(e);
        }
    }

    public static int ReadBar0(ulong controller, ulong offset, uint widthBytes, ulong* value)
    {
        try
        {
            using HandleUse<ControllerObject> use = ControllerCalls.Enter(controller);
            if (!use.TryGet(out ControllerObject? target))
                return use.Status;
            if (value is null)
                return LastError.Set(Status.Argument, NoResult);
            int status = CheckBar0(target.Function, offset, widthBytes);
            if (status == Status.Ok)
                *value = target.Function.ReadBar0(offset, (int)widthBytes);
            return status;
        }
        catch (Exception e)
        {
            return LastError.From(e);
        }
    }

    public static int WriteBar0(ulong controller, ulong offset, uint widthBytes, ulong value)
    {
        try
        {
            using HandleUse<ControllerObject> use = ControllerCalls.Enter(controller);
            if (!use.TryGet(out ControllerObject? target))
                return use.Status;
            int status = CheckBar0(target.Function, offset, widthBytes);
            if (status == Status.Ok)
                target.Function.WriteBar0(offset, (int)widthBytes, value);
            return status;
        }
        catch (Exception e)
        {
            return LastError.From(e);
        }
    }

    public static int ReadConfig(ulong controller, uint offset, uint widthBytes, uint* value)
    {
        try
        {
            using HandleUse<ControllerObject> use = ControllerCalls.Enter(controller);
            if (!use.TryGet(out ControllerObject? target))
                return use.Status;
            if (value is null)
                return LastError.Set(Status.Argument, NoResult);
            int status = CheckConfig(offset, widthBytes);
            if (status == Status.Ok)
                *value = target.Function.ReadConfig(offset, (int)widthBytes);
            return status;
        }
        catch (Exception e)
        {
            return LastError.From(e);
        }
    }

    public static int WriteConfig(ulong controller, uint offset, uint widthBytes, uint value)
    {
        try
        {
            using HandleUse<ControllerObject> use = ControllerCalls.Enter(controller);
            if (!use.TryGet(out ControllerObject? target))
                return use.Status;
            int status = CheckConfig(offset, widthBytes);
            if (status == Status.Ok)
                target.Function.WriteConfig(offset, (int)widthBytes, value);
            return status;
        }
        catch (Exception e)
        {
            return LastError.From(e);
        }
    }

    public static int GetDoorbells(ulong controller, void** view)
    {
        try
        {
            using HandleUse<ControllerObject> use = ControllerCalls.Enter(controller);
            if (!use.TryGet(out ControllerObject? target))
                return use.Status;
            if (view is null)
                return LastError.Set(Status.Argument, NoResult);
            *view = (void*)target.Function.Controller.Doorbells.NativeView;
            return Status.Ok;
        }
        catch (Exception e)
        {
            return LastError.From(e);
        }
    }

    public static int GetDoorbellPage(ulong controller, void** host, ulong* lengthBytes)
    {
        try
        {
            using HandleUse<ControllerObject> use = ControllerCalls.Enter(controller);
            if (!use.TryGet(out ControllerObject? target))
                return use.Status;
            if (host is null || lengthBytes is null)
                return LastError.Set(Status.Argument, NoResult);
            NvmeController inner = target.Function.Controller;
            if (inner.DoorbellPage == 0)
                return LastError.Set(Status.State, "The controller was made without mapped doorbells.");
            *host = (void*)inner.DoorbellPage;
            *lengthBytes = inner.Doorbells.MappedPageLengthBytes;
            return Status.Ok;
        }
        catch (Exception e)
        {
            return LastError.From(e);
        }
    }

    public static int SetEventFd(ulong controller, uint vector, int fd)
    {
        try
        {
            using HandleUse<ControllerObject> use = ControllerCalls.Enter(controller);
            if (!use.TryGet(out ControllerObject? target))
                return use.Status;
            if (vector >= (uint)target.Function.Vectors)
                return LastError.Set(Status.Range, "There is no vector of that number.");
            if (!OperatingSystem.IsLinux())
                return LastError.Set(Status.NotSupported, "There are no eventfds on this system.");
            if (fd < -1)
                return LastError.Set(Status.Argument, "The descriptor is neither one nor -1.");
            if (fd >= 0 && !EventFd.IsOpen(fd))
                return LastError.Set(Status.IO, "The descriptor is not open.");
            target.Interrupts.Native.SetEventFd((int)vector, fd);
            return Status.Ok;
        }
        catch (Exception e)
        {
            return LastError.From(e);
        }
    }

    public static int SetHealth(ulong controller, uint kelvin, uint warnings)
    {
        try
        {
            using HandleUse<ControllerObject> use = ControllerCalls.Enter(controller);
            if (!use.TryGet(out ControllerObject? target))
                return use.Status;
            if (kelvin > ushort.MaxValue || warnings > 0x3F)
                return LastError.Set(Status.Range, "Kelvins have 16 bits, and there are six warnings.");
            target.Function.Controller.SetTemperature((ushort)kelvin);
            target.Function.Controller.SetCriticalWarnings((CriticalWarnings)warnings);
            return Status.Ok;
        }
        catch (Exception e)
        {
            return LastError.From(e);
        }
    }

    public static int GetStats(ulong controller, ControllerStats* stats)
    {
        try
        {
            using HandleUse<ControllerObject> use = ControllerCalls.Enter(controller);
            if (!use.TryGet(out ControllerObject? target))
                return use.Status;
            ControllerStatistics statistics = target.Function.Controller.GetStatistics();
            ControllerStats value = new()
            {
                Enabled = statistics.IsReady ? 1u : 0u,
                Commands = statistics.Commands,
                AdminCommands = statistics.AdminCommands,
                Errors = statistics.Errors,
                InvalidRings = statistics.InvalidRings,
                Interrupts = statistics.Interrupts,
                BytesRead = statistics.BytesRead,
                BytesWritten = statistics.BytesWritten,
                Doorbells = statistics.Doorbells,
                TimedCommands = statistics.TimedCommands,
                TimedNs = (ulong)(statistics.TimedDuration.Ticks * TimeSpan.NanosecondsPerTick),
            };
            return VersionedStruct.Write(stats, ref value);
        }
        catch (Exception e)
        {
            return LastError.From(e);
        }
    }

    private static int CheckBar0(PciFunction function, ulong offset, uint widthBytes)
    {
        if (widthBytes is not (1 or 2 or 4 or 8))
            return LastError.Set(Status.Argument, BadWidth);
        ulong lengthBytes = function.Bar0LengthBytes;
        return offset < lengthBytes && widthBytes <= lengthBytes - offset
            ? Status.Ok
            : LastError.Set(Status.Range, "The access is beyond BAR0.");
    }

    private static int CheckConfig(uint offset, uint widthBytes)
    {
        if (widthBytes is not (1 or 2 or 4))
            return LastError.Set(Status.Argument, BadWidth);
        return offset < ConfigurationBytes && widthBytes <= ConfigurationBytes - offset
            ? Status.Ok
            : LastError.Set(Status.Range, "The access is beyond configuration space.");
    }
}
