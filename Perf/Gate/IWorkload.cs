namespace NvmeDoorbell.Perf.Gate;

/// <summary>Work that must not allocate once it is warm. Run in a process of its own, watched from outside.</summary>
internal interface IWorkload : IDisposable
{
    /// <summary>Does that many cycles. Called first to warm up, then to be counted.</summary>
    void Run(long cycles);
}
