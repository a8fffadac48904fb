using NvmeDoorbell.Doorbells;

namespace NvmeDoorbell.Interop.Native;

/// <summary>Reactors: threads of their own, or lent by the caller.</summary>
// SAFETY: the pointers are the caller's config and results, checked for null; structs are copied by their own size.
internal static unsafe class ReactorCalls
{
    private const uint DefaultPollMaxUs = 200;
    private const int MaxCpus = 1024;

    public static int Create(ReactorConfig* config, ulong* reactor)
    {
        try
        {
            if (reactor is null)
                return LastError.Set(Status.Argument, "The place for the handle is null.");
            *reactor = 0;
            int status = VersionedStruct.Read(config, out ReactorConfig value);
            if (status != Status.Ok)
                return status;
            if (value.Poll > (uint)ReactorPolling.Never || value.Lent > 1 || value.Reserved != 0)
                return LastError.Set(Status.Argument, "The reactor's poll is 0 to 2, its lent 0 or 1, its reserved 0.");
            if (value.CpuPlusOne is < 0 or > MaxCpus)
                return LastError.Set(Status.Argument, "The CPU is none of 0 to 1023.");
            uint pollMaxUs = value.PollMaxUs == 0 ? DefaultPollMaxUs : value.PollMaxUs;
            ReactorOptions options = new()
            {
                Polling = (ReactorPolling)value.Poll,
                PollMax = TimeSpan.FromMicroseconds(pollMaxUs),
                OwnThread = value.Lent == 0,
                Cpu = value.CpuPlusOne == 0 ? null : value.CpuPlusOne - 1,
            };
            *reactor = HandleTable.Shared.Add(HandleKind.Reactor, new ReactorObject(options));
            return Status.Ok;
        }
        catch (Exception e)
        {
            return LastError.From(e);
        }
    }

    public static int Run(ulong reactor, uint timeoutMs)
    {
        try
        {
            using HandleUse<ReactorObject> use = Enter(reactor);
            if (!use.TryGet(out ReactorObject? target))
                return use.Status;
            return target.Run(timeoutMs == uint.MaxValue
                ? Timeout.InfiniteTimeSpan
                : TimeSpan.FromMilliseconds(timeoutMs));
        }
        catch (Exception e)
        {
            return LastError.From(e);
        }
    }

    public static int Stop(ulong reactor)
    {
        try
        {
            using HandleUse<ReactorObject> use = Enter(reactor);
            if (!use.TryGet(out ReactorObject? target))
                return use.Status;
            if (!target.Reactor.HasOwnThread)
                target.Reactor.Stop();
            return Status.Ok;
        }
        catch (Exception e)
        {
            return LastError.From(e);
        }
    }

    public static int GetStats(ulong reactor, ReactorStats* stats)
    {
        try
        {
            using HandleUse<ReactorObject> use = Enter(reactor);
            if (!use.TryGet(out ReactorObject? target))
                return use.Status;
            ReactorStatistics statistics = target.Reactor.GetStatistics();
            ReactorStats value = new()
            {
                Turns = (ulong)statistics.Turns,
                Wakes = (ulong)statistics.Wakes,
                SpuriousWakes = (ulong)statistics.SpuriousWakes,
                Sleeps = (ulong)statistics.Sleeps,
                Parks = (ulong)statistics.Parks,
            };
            return VersionedStruct.Write(stats, ref value);
        }
        catch (Exception e)
        {
            return LastError.From(e);
        }
    }

    public static int Free(ulong reactor)
    {
        try
        {
            return HandleTable.Shared.Free(reactor, HandleKind.Reactor);
        }
        catch (Exception e)
        {
            return LastError.From(e);
        }
    }

    private static HandleUse<ReactorObject> Enter(ulong reactor) =>
        HandleTable.Shared.Enter<ReactorObject>(reactor, HandleKind.Reactor);
}
