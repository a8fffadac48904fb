using System.Runtime.CompilerServices;
using NvmeDoorbell.Spec;
using NvmeDoorbell.Storage;

namespace NvmeDoorbell.Controller;

/// <summary>
/// One I/O command of the NVM Command Set. Instances have no state: what a command needs to remember while a disk works
/// is in its request.
/// </summary>
internal abstract class IoCommand
{
    /// <summary>
    /// Not a status: the command goes on when the disk completes the request, or when what it waits for has come.
    /// </summary>
    public const StatusCode Pending = (StatusCode)0xFFFF;

    /// <summary>
    /// Runs the command: validates the entry, and ends it or gives the request to a disk.
    /// </summary>
    /// <returns>The status it ended with, or <see cref="Pending"/>.</returns>
    public abstract StatusCode Start(IoContext context, IoRequest request, in SubmissionEntry entry);

    /// <summary>The disk has answered.</summary>
    /// <returns>The status the command ended with, or <see cref="Pending"/> where it has given the request on.</returns>
    public virtual StatusCode Continue(IoContext context, IoRequest request, DiskStatus answer) => StatusOf(answer);

    /// <summary>What the command waited for has come, and it is to go on; by default from the start.</summary>
    /// <returns>As <see cref="Continue"/>.</returns>
    public virtual StatusCode Resume(IoContext context, IoRequest request) => Start(context, request, in request.Entry);

    /// <summary>A status for what the same command would get again.</summary>
    protected static StatusCode Refuse(StatusCode status) => status | StatusCode.DoNotRetry;

    /// <summary>
    /// Whether the command would go on with another request to a disk after the one that is under way, and may end before
    /// it instead.
    /// </summary>
    public virtual bool HasStepsLeft(IoRequest request) => false;

    /// <summary>
    /// Whether the command, while it waits for something else than a disk, may end instead of going on.
    /// </summary>
    public virtual bool CanEndWhileParked => true;

    /// <summary>The status for a disk's answer.</summary>
    protected static StatusCode StatusOf(DiskStatus answer) =>
        answer == DiskStatus.Success ? StatusCode.Success : StatusOfFailure(answer);

    private static StatusCode StatusOfFailure(DiskStatus answer) => answer switch
    {
        DiskStatus.ReadError => StatusCode.UnrecoveredReadError,
        DiskStatus.WriteFault => StatusCode.WriteFault,
        DiskStatus.Full => StatusCode.CapacityExceeded,
        DiskStatus.NotSupported => Refuse(StatusCode.InvalidOpcode),
        DiskStatus.Aborted => StatusCode.AbortRequested,
        // Also what a native disk makes up.
        _ => StatusCode.InternalError,
    };
}
