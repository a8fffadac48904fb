namespace NvmeDoorbell.Controller;

/// <summary>
/// Carries a level, computed from state that any thread may change, to an output that wants ordered changes.
/// </summary>
/// <remarks>
/// Whoever changes the state calls <see cref="Update"/>. The first caller computes and outputs; those who come
/// meanwhile leave a count, and the first one computes again for them. Nobody waits, and the last output is of the last
/// state.
/// </remarks>
internal sealed class LevelOutput(Func<bool> level, Action<bool> output)
{
    private int _updates;
    private bool _last;

    /// <summary>The state has changed, or may have. Any thread.</summary>
    public void Update()
    {
        if (Interlocked.Increment(ref _updates) != 1)
            return;
        int taken = 1;
        do
        {
            bool now = level();
            if (now != _last)
            {
                _last = now;
                output(now);
            }
            taken = Interlocked.Add(ref _updates, -taken);
        }
        while (taken != 0);
    }
}
