using NvmeDoorbell.Doorbells;
using NvmeDoorbell.Model.Engine;
using NvmeDoorbell.Model.Native;

namespace NvmeDoorbell.Model.Scenarios;

/// <summary>How a scenario's threads ring: by the shipped C#, at once or late, or by the header's inline ring.</summary>
internal sealed class Bell(World world, DoorbellMemory memory, bool isNative)
{
    private readonly nint _view = memory.NativeView;

    /// <summary>Whether each ring comes as a message, by the one thread that passes them on.</summary>
    public bool IsPosted { get; init; }

    /// <summary>Rings; between two calls the calling thread knows nothing but where it is, which locals must tell.</summary>
    public RingResult Ring(int id, uint value, ulong locals = 0)
    {
        RingResult result = isNative
            ? ResultOf(HeaderRing.Ring(_view, (uint)id, value))
            : IsPosted ? memory.RingPosted(id, value) : memory.Ring(id, value);
        world.Forget(Hash.Mix(Hash.Mix(value, (ulong)result), locals), new Site(nameof(Bell), 1));
        return result;
    }

    /// <summary>Rings from the one thread that rings the doorbell, which is open: it must be taken.</summary>
    public void RingOpen(int id, uint value)
    {
        RingResult result = Ring(id, value);
        world.Check(result == RingResult.Ok, $"a ring of an open doorbell came to {result}");
    }

    public RingResult Kick(int id)
    {
        RingResult result = isNative ? ResultOf(HeaderRing.Kick(_view, (uint)id)) : memory.Kick(id);
        world.Forget((ulong)result, new Site(nameof(Bell), 2));
        return result;
    }

    private static RingResult ResultOf(int status) => status switch
    {
        HeaderRing.Ok => RingResult.Ok,
        HeaderRing.ErrorRange => RingResult.OutOfRange,
        HeaderRing.ErrorClosed => RingResult.Closed,
        _ => RingResult.InvalidValue,
    };
}
