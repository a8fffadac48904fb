using NvmeDoorbell.Model.Engine;

namespace NvmeDoorbell.Memory;

/// <summary>Stands for the shipped NativeBlock, which calls the system: a piece of the model's arena.</summary>
internal sealed unsafe class NativeBlock : IDisposable
{
    private nint _address;

    public NativeBlock(nuint lengthBytes, nuint alignmentBytes = 128, bool zeroed = true, bool isLasting = false)
    {
        _ = isLasting; // the shipped one counts blocks; an arena is looked through as a whole
        LengthBytes = lengthBytes;
        _address = World.Current.Allocate(lengthBytes, alignmentBytes);
        if (!zeroed)
            Span.Fill(0xA5);
    }

    public nint Address => _address;

    public nuint LengthBytes { get; }

    // SAFETY: the arena outlives every execution.
    public Span<byte> Span => new((void*)_address, (int)LengthBytes);

    public void Dispose()
    {
        nint address = _address;
        _address = 0;
        if (address != 0)
            World.Current.Free(address);
    }
}
