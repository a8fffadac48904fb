using NvmeDoorbell.Memory;

namespace NvmeDoorbell.Interop.Native;

/// <summary>Guest memory behind a handle. Controllers that use it hold a reference.</summary>
internal sealed class MemoryObject : NativeObject
{
    public GuestMemory Memory { get; } = new();

    protected override int Release()
    {
        Memory.Dispose();
        return Status.Ok;
    }
}
