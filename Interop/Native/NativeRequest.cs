using NvmeDoorbell.Storage;

namespace NvmeDoorbell.Interop.Native;

/// <summary>One submission to a native disk: the request, which use of it, and the disk that holds it.</summary>
internal readonly record struct NativeRequest(DiskRequest Request, ulong RequestToken, NativeDisk Disk)
{
    /// <summary>Hands the request back to its owner.</summary>
    /// <returns>False: the owner has it back already.</returns>
    public bool Complete(DiskStatus status)
    {
        bool completed = Request.Complete(RequestToken, status);
        Disk.OnCompleted();
        return completed;
    }
}
