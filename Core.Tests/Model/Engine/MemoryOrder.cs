namespace NvmeDoorbell.Model.Engine;

/// <summary>Which stores may be late, and in which order they may arrive.</summary>
internal enum MemoryOrder
{
    /// <summary>A store is seen by all at once.</summary>
    Sequential,

    /// <summary>x86: a thread's stores arrive in program order, at any later time; a locked operation drains them.</summary>
    Tso,

    /// <summary>
    /// As Arm allows where loads are acquiring: relaxed stores of different cells arrive in any order, a release store after
    /// everything before it; a compare-exchange that fails drains nothing.
    /// </summary>
    Weak,
}
