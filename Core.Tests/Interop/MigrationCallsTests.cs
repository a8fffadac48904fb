using System.Runtime.InteropServices;
using NvmeDoorbell.Interop.Native;

namespace NvmeDoorbell.Tests.Interop;

// SAFETY: the pointers are to locals and pinned arrays that outlive the calls.
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed unsafe class MigrationCallsTests : IDisposable
{
    private static int Told;

    private readonly Handles _handles = new();

    public void Dispose() => _handles.Dispose();

    [Test]
    public void State_goes_from_one_controller_to_another()
    {
        ulong source = _handles.Controller();
        ulong target = _handles.Controller();
        Assert.That(MigrationCalls.Pause(source, 0), Is.EqualTo(Status.Ok));
        nuint needed;
        Assert.That(MigrationCalls.Save(source, null, 0, &needed), Is.EqualTo(Status.Memory));
        var state = new byte[needed];
        fixed (byte* bytes = state)
        {
            Assert.That(MigrationCalls.Save(source, bytes, needed - 1, null), Is.EqualTo(Status.Memory));
            Assert.That(state, Is.All.Zero, "nothing is written where there is no room");
            Assert.That(MigrationCalls.Save(source, bytes, needed, &needed), Is.EqualTo(Status.Ok));
            Assert.That(needed, Is.EqualTo((nuint)state.Length));
            Assert.That(MigrationCalls.Restore(target, bytes, needed), Is.EqualTo(Status.Ok));
            Assert.That(MigrationCalls.Resume(target), Is.EqualTo(Status.Ok));
            bytes[8]++;
            Assert.That(MigrationCalls.Restore(target, bytes, needed), Is.EqualTo(Status.Argument));
            Assert.That(LastError.Sentence, Does.Contain("version 2"));
        }
        Assert.That(MigrationCalls.Resume(source), Is.EqualTo(Status.Ok));
        Assert.That(MigrationCalls.Save(source, null, 0, &needed), Is.EqualTo(Status.State));
    }

    [Test]
    public void A_pause_is_told_once()
    {
        ulong controller = _handles.Controller();
        Volatile.Write(ref Told, 1);
        Assert.That(MigrationCalls.StartPause(controller, &OnPaused, null), Is.EqualTo(Status.Ok));
        Assert.That(MigrationCalls.Pause(controller, 0), Is.EqualTo(Status.Ok));
        Assert.That(Volatile.Read(ref Told), Is.EqualTo(Status.Ok));
        Assert.That(MigrationCalls.StartPause(controller, null, null), Is.EqualTo(Status.Argument));
    }

    [Test]
    public void What_is_wrong_is_told()
    {
        ulong controller = _handles.Controller();
        byte state = 0;
        Assert.That(MigrationCalls.Save(controller, null, 1, null), Is.EqualTo(Status.Argument));
        Assert.That(MigrationCalls.Restore(controller, null, 1), Is.EqualTo(Status.Argument));
        Assert.That(MigrationCalls.Restore(controller, &state, nuint.MaxValue), Is.EqualTo(Status.Argument));
        Assert.That(MigrationCalls.Restore(controller, &state, 1), Is.EqualTo(Status.Argument));
        foreach (ulong bad in (ulong[])[0, controller + 1])
        {
            Assert.That(MigrationCalls.Pause(bad, 0), Is.EqualTo(Status.Handle));
            Assert.That(MigrationCalls.StartPause(bad, &OnPaused, null), Is.EqualTo(Status.Handle));
            Assert.That(MigrationCalls.Resume(bad), Is.EqualTo(Status.Handle));
            Assert.That(MigrationCalls.Save(bad, null, 0, null), Is.EqualTo(Status.Handle));
            Assert.That(MigrationCalls.Restore(bad, &state, 1), Is.EqualTo(Status.Handle));
        }
    }

    [UnmanagedCallersOnly]
    private static void OnPaused(void* context, int status) => Volatile.Write(ref Told, status);
}
