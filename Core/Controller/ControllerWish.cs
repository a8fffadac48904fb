using NvmeDoorbell.Spec;

namespace NvmeDoorbell.Controller;

/// <summary>What the registers ask of the admin task, read in one step.</summary>
/// <param name="Configuration">CC.</param>
/// <param name="AdminQueueAttributes">AQA.</param>
/// <param name="AdminSubmissionQueue">ASQ.</param>
/// <param name="AdminCompletionQueue">ACQ.</param>
/// <param name="IsResetWanted">CC.EN has gone from 1 to 0, or a function level reset was started, since the last
/// reset.</param>
internal readonly record struct ControllerWish(
    ControllerConfiguration Configuration,
    AdminQueueAttributes AdminQueueAttributes,
    ulong AdminSubmissionQueue,
    ulong AdminCompletionQueue,
    bool IsResetWanted);
