namespace NvmeDoorbell.Tests.Fuzz;

/// <summary>One thread of a run: its generator, what it is doing, and how far it has come.</summary>
internal sealed class Worker(string name, ulong seed)
{
    private long _operations;
    private long _steps;
    private string _doing = "starting";

    public string Name => name;

    public FuzzRandom Random { get; } = new(seed);

    /// <summary>Operations against the device so far. It moves, or the thread hangs.</summary>
    public long Operations => Volatile.Read(ref _operations);

    /// <summary>Steps begun: with the seed they say where in its sequence the thread is.</summary>
    public long Steps => Volatile.Read(ref _steps);

    /// <summary>What the thread does now, for the report of a hang.</summary>
    public string Doing
    {
        get => Volatile.Read(ref _doing);
        set => Volatile.Write(ref _doing, value);
    }

    public bool IsDone { get; set; }

    public void BeginStep() => Volatile.Write(ref _steps, _steps + 1);

    public void Count(int operations = 1) => Volatile.Write(ref _operations, _operations + operations);

    public override string ToString() => $"{name}: step {Steps}, {Operations} operations, {Doing}";
}
