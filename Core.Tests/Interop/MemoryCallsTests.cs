using System.Runtime.InteropServices;
using NvmeDoorbell.Interop.Native;

namespace NvmeDoorbell.Tests.Interop;

// SAFETY: the region is allocated for the length of a test.
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed unsafe class MemoryCallsTests : IDisposable
{
    private const ulong Length = 8192;
    private readonly Handles _handles = new();
    private readonly byte* _host = (byte*)NativeMemory.AlignedAlloc((nuint)Length, 4096);

    public void Dispose()
    {
        _handles.Dispose();
        NativeMemory.AlignedFree(_host);
    }

    [Test]
    public void Regions_come_and_go()
    {
        ulong memory = _handles.Memory();
        Assert.That(MemoryCalls.Add(memory, 0x1000, _host, Length, 0), Is.EqualTo(Status.Ok));
        Assert.That(MemoryCalls.Add(memory, 0x2000, _host, Length, 1), Is.EqualTo(Status.Exists));
        Assert.That(LastError.Sentence, Does.Contain("2000h"));
        Assert.That(MemoryCalls.Remove(memory, 0x1000, Length, 0), Is.EqualTo(Status.Ok));
        Assert.That(MemoryCalls.Remove(memory, 0x1000, Length, 0), Is.EqualTo(Status.Range));
        Assert.That(MemoryCalls.Add(memory, 0x2000, _host, Length, 1), Is.EqualTo(Status.Ok));
    }

    [Test]
    public void Edge39_What_is_no_region_is_refused()
    {
        ulong memory = _handles.Memory();
        Assert.That(MemoryCalls.Add(memory, 0x1000, null, Length, 0), Is.EqualTo(Status.Argument));
        Assert.That(MemoryCalls.Add(memory, 0x1000, _host, Length, 2), Is.EqualTo(Status.Argument));
        Assert.That(MemoryCalls.Add(memory, 0x1001, _host, Length, 0), Is.EqualTo(Status.Argument));
        Assert.That(MemoryCalls.Add(memory, 0x1000, _host + 1, Length, 0), Is.EqualTo(Status.Argument));
        Assert.That(MemoryCalls.Add(memory, 0x1000, _host, 0, 0), Is.EqualTo(Status.Argument));
        Assert.That(MemoryCalls.Create(null), Is.EqualTo(Status.Argument));
        Assert.That(MemoryCalls.Add(_handles.Reactor(), 0x1000, _host, Length, 0), Is.EqualTo(Status.Handle));
    }

    [Test]
    public void Memory_that_a_controller_uses_is_busy()
    {
        ulong memory = 0;
        ulong controller = _handles.Controller(config => memory = config.Value.Memory);
        Assert.That(MemoryCalls.Free(memory), Is.EqualTo(Status.Busy));
        Assert.That(ControllerCalls.Free(controller), Is.EqualTo(Status.Ok));
        Assert.That(MemoryCalls.Free(memory), Is.EqualTo(Status.Ok));
        Assert.That(MemoryCalls.Free(memory), Is.EqualTo(Status.Handle));
    }
}
