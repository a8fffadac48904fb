namespace NvmeDoorbell.Model.Runs;

/// <summary>What a scenario has come to under one memory order.</summary>
internal enum Verdict
{
    /// <summary>Exhausted, and nothing is wrong.</summary>
    Holds,

    /// <summary>A test of the checker: it has found what it must find.</summary>
    Found,

    /// <summary>Something is wrong.</summary>
    Failed,

    /// <summary>Not exhausted in the time given.</summary>
    Unfinished,
}
