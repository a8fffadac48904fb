using NvmeDoorbell.Model.Engine;

namespace NvmeDoorbell.Memory;

/// <summary>Stands for the shipped LastingBlock, which calls the system: a piece of the arena that stays readable.</summary>
internal sealed class LastingBlock(nuint lengthBytes)
{
    private bool _isRetired;

    public nint Address { get; } = World.Current.Allocate(lengthBytes, 128);

    public nuint LengthBytes { get; } = lengthBytes;

    /// <summary>The pages become zeroes in one step, and stay.</summary>
    public void Retire()
    {
        if (_isRetired)
            return;
        _isRetired = true;
        World.Current.Clear(Address, (int)LengthBytes);
    }
}
