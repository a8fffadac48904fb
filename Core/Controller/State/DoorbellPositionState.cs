using NvmeDoorbell.Doorbells;

namespace NvmeDoorbell.Controller;

/// <summary>Positions of doorbells, saved and read.</summary>
internal static class DoorbellPositionState
{
    private const uint ValueMask = 0xFFFF;

    public static void Save(StateWriter writer, in DoorbellPosition position)
    {
        writer.Write(position.Value);
        writer.Write(position.Seen);
        writer.Write(position.Posted);
        writer.Write(position.LeftInPage);
    }

    public static DoorbellPosition Read(ref StateReader reader)
    {
        DoorbellPosition position = new(
            reader.ReadUInt32(), reader.ReadUInt32(), reader.ReadUInt32(), reader.ReadUInt32());
        reader.Require(
            position.Value <= ValueMask && position.Seen <= ValueMask && IsValueOrNone(position.Posted)
                && IsValueOrNone(position.LeftInPage),
            "a doorbell's value has more than 16 bits");
        return position;
    }

    private static bool IsValueOrNone(uint value) => value is <= ValueMask or uint.MaxValue;
}
