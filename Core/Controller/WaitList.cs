namespace NvmeDoorbell.Controller;

/// <summary>What is to be done once something else is over. On the turn of the task that has it.</summary>
internal sealed class WaitList
{
    private readonly List<Wait> _waits = [];

    /// <summary>Adds what is done at the first look that finds it over.</summary>
    public void Add(Func<bool> isOver, Action done) => _waits.Add(new Wait(isOver, done));

    /// <summary>Does what has been waited for long enough.</summary>
    public void Look()
    {
        for (int index = _waits.Count - 1; index >= 0; index--)
        {
            Wait wait = _waits[index];
            if (!wait.IsOver())
                continue;
            _waits.RemoveAt(index);
            wait.Done();
        }
    }

    private sealed class Wait(Func<bool> isOver, Action done)
    {
        public bool IsOver() => isOver();

        public void Done() => done();
    }
}
