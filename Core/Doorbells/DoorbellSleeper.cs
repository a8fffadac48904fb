namespace NvmeDoorbell.Doorbells;

/// <summary>What the task that follows a doorbell does.</summary>
public enum DoorbellSleeper
{
    /// <summary>No task follows the doorbell.</summary>
    None,

    /// <summary>The task runs, or is polled.</summary>
    Awake,

    /// <summary>The task sleeps: the next change wakes it.</summary>
    Asleep,

    /// <summary>The task has been woken and has not run yet.</summary>
    Woken,
}
