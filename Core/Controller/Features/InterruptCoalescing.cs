using System.Diagnostics;

namespace NvmeDoorbell.Controller;

/// <summary>
/// Interrupt Coalescing (feature 08h) and its exceptions by vector (09h). NVMe Base 2.0, "Interrupt Coalescing". Set on
/// the admin task's turn, read by any task.
/// </summary>
internal sealed class InterruptCoalescing(int vectors)
{
    private static readonly long TicksOfUnit = Stopwatch.Frequency / 10_000; // 100 microseconds

    private readonly bool[] _isDisabled = new bool[vectors];
    private uint _setting;

    /// <summary>How many vectors there are.</summary>
    public int Vectors => vectors;

    /// <summary>
    /// Whether interrupts are held back at all: with a threshold or a time of 0 they are not.
    /// </summary>
    public bool IsOn => IsEffective(Volatile.Read(ref _setting));

    /// <summary>The feature's value: THR in bits 7:0, 0's based; TIME in bits 15:8.</summary>
    public void Set(uint value) => Volatile.Write(ref _setting, value);

    /// <summary>How long the interrupts of a vector wait for each other, and for how many.</summary>
    /// <param name="vector">The vector.</param>
    /// <param name="entries">So many completion entries are signalled at once.</param>
    /// <param name="ticks">The longest that the first of them waits, in ticks of the clock.</param>
    /// <returns>False: they do not wait.</returns>
    public bool TryGet(int vector, out int entries, out long ticks)
    {
        uint setting = Volatile.Read(ref _setting);
        entries = (int)(setting & 0xFF) + 1;
        ticks = (setting >> 8) * TicksOfUnit;
        return IsEffective(setting) && !IsDisabled(vector);
    }

    /// <summary>Coalescing Disable of a vector.</summary>
    public bool IsDisabled(int vector) => Volatile.Read(ref _isDisabled[vector]);

    /// <summary>Sets Coalescing Disable of a vector.</summary>
    public void SetDisabled(int vector, bool isDisabled) => Volatile.Write(ref _isDisabled[vector], isDisabled);

    /// <summary>Clears Coalescing Disable of every vector.</summary>
    public void EnableAll()
    {
        for (int vector = 0; vector < vectors; vector++)
            SetDisabled(vector, false);
    }

    private static bool IsEffective(uint setting) => (setting & 0xFF) != 0 && setting >> 8 != 0;
}
