using NvmeDoorbell.Interop.Native;

namespace NvmeDoorbell.Tests.Interop;

/// <summary>Objects made through the calls that the exports make, and freed with the test.</summary>
// SAFETY: the pointers are to locals that outlive the calls.
internal sealed unsafe class Handles : IDisposable
{
    private readonly Stack<(Func<ulong, int> Free, ulong Handle)> _frees = new();

    public static uint SizeOf<T>()
        where T : unmanaged => (uint)sizeof(T);

    public ulong Doorbells(uint count = 4)
    {
        DoorbellsConfig config = new() { Size = SizeOf<DoorbellsConfig>(), Count = count };
        ulong handle;
        void* view;
        Assert.That(DoorbellsCalls.Create(&config, &handle, &view), Is.EqualTo(Status.Ok), LastError.Sentence);
        Assert.That((long)view, Is.Not.Zero);
        _frees.Push((DoorbellsCalls.Free, handle));
        return handle;
    }

    public ulong Memory()
    {
        ulong handle;
        Assert.That(MemoryCalls.Create(&handle), Is.EqualTo(Status.Ok), LastError.Sentence);
        _frees.Push((MemoryCalls.Free, handle));
        return handle;
    }

    public ulong Reactor(bool lent = true)
    {
        ReactorConfig config = new() { Size = SizeOf<ReactorConfig>(), Lent = lent ? 1u : 0u };
        ulong handle;
        Assert.That(ReactorCalls.Create(&config, &handle), Is.EqualTo(Status.Ok), LastError.Sentence);
        _frees.Push((ReactorCalls.Free, handle));
        return handle;
    }

    public ulong Subsystem(ulong poolBytes = 0)
    {
        SubsystemConfig config = new()
        {
            Size = SizeOf<SubsystemConfig>(),
            AbiVersion = RuntimeCalls.AbiVersion,
            PoolBytes = poolBytes,
        };
        ulong handle;
        Assert.That(SubsystemCalls.Create(&config, &handle), Is.EqualTo(Status.Ok), LastError.Sentence);
        _frees.Push((SubsystemCalls.Free, handle));
        return handle;
    }

    public ulong Controller(Action<NativeControllerConfig>? change = null)
    {
        ulong reactor = Reactor();
        NativeControllerConfig config = new(Memory(), &reactor);
        change?.Invoke(config);
        ulong handle;
        ControllerConfig value = config.Value;
        Assert.That(ControllerCalls.Create(&value, &handle), Is.EqualTo(Status.Ok), LastError.Sentence);
        _frees.Push((ControllerCalls.Free, handle));
        return handle;
    }

    /// <summary>Frees what the test has not freed itself, newest first.</summary>
    public void Dispose()
    {
        while (_frees.TryPop(out (Func<ulong, int> Free, ulong Handle) entry))
            Assert.That(entry.Free(entry.Handle), Is.EqualTo(Status.Ok).Or.EqualTo(Status.Handle), LastError.Sentence);
    }

    /// <summary>A config that a test may change before it is used.</summary>
    internal sealed class NativeControllerConfig
    {
        public ControllerConfig Value;

        public NativeControllerConfig(ulong memory, ulong* reactor) => Value = new ControllerConfig
        {
            Size = SizeOf<ControllerConfig>(),
            AbiVersion = RuntimeCalls.AbiVersion,
            Memory = memory,
            Reactors = reactor,
            ReactorCount = 1,
            MaxQueuePairs = 2,
        };
    }
}
