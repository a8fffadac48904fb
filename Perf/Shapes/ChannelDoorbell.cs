using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace NvmeDoorbell.Perf.Shapes;

/// <summary>A channel that keeps the newest value.</summary>
internal sealed class ChannelDoorbell : IDoorbell
{
    private readonly Channel<uint> _channel = Channel.CreateBounded<uint>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true });

    public void Ring(uint value) => _channel.Writer.TryWrite(value);

    public ValueTask<bool> WaitAsync() => _channel.Reader.WaitToReadAsync();

    public uint Take() => _channel.Reader.TryRead(out var value) ? value : 0;

    /// <summary>Many of them.</summary>
    internal readonly struct Ringer(ChannelDoorbell[] doorbells) : IRinger
    {
        [MethodImpl(MethodImplOptions.NoInlining)]
        public bool Ring(int id, uint value)
        {
            if ((uint)id >= (uint)doorbells.Length) return false;
            doorbells[id].Ring(value);
            return true;
        }
    }
}
