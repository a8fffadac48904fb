namespace NvmeDoorbell.Storage;

/// <summary>
/// The errors of a <see cref="FileChannel"/> that a disk tells apart, by their Linux numbers (errno).
/// </summary>
internal static class FileError
{
    public const int Interrupted = 4;
    public const int InputOutput = 5;
    public const int TryAgain = 11;
    public const int BadAddress = 14;
    public const int Busy = 16;
    public const int NoSuchDevice = 19;
    public const int InvalidArgument = 22;
    public const int FileTooBig = 27;
    public const int NoSpace = 28;
    public const int NoSuchCall = 38;
    public const int NotSupported = 95;
    public const int QuotaExceeded = 122;

    /// <summary>What a failed read, write or sync means for a request.</summary>
    /// <param name="result">A negative result of a channel.</param>
    /// <param name="fault">What any other error means: a read error or a write fault.</param>
    public static DiskStatus ToStatus(long result, DiskStatus fault) => -result switch
    {
        NoSpace or QuotaExceeded or FileTooBig => DiskStatus.Full,
        BadAddress => DiskStatus.InternalError,
        _ => fault,
    };
}
