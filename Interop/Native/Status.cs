namespace NvmeDoorbell.Interop.Native;

/// <summary>The <c>nvmedb_status</c> values of <c>nvme_doorbell.h</c>.</summary>
internal static class Status
{
    public const int Ok = 0;
    public const int Pending = 1;
    public const int Argument = -1;
    public const int Handle = -2;
    public const int Abi = -3;
    public const int Range = -4;
    public const int Closed = -5;
    public const int Value = -6;
    public const int Busy = -7;
    public const int Memory = -8;
    public const int IO = -9;
    public const int Exists = -10;
    public const int Thread = -11;
    public const int State = -12;
    public const int Timeout = -13;
    public const int NotSupported = -14;
    public const int Internal = -15;

    /// <summary>The short name and meaning of a status, zero-terminated UTF-8 in static storage.</summary>
    public static ReadOnlySpan<byte> Text(int status) => status switch
    {
        Ok => "NVMEDB_OK: done\0"u8,
        Pending => "NVMEDB_PENDING: nothing changed; the waker will be called\0"u8,
        Argument => "NVMEDB_E_ARGUMENT: an argument is outside what the function takes\0"u8,
        Handle => "NVMEDB_E_HANDLE: null, freed, or of another kind\0"u8,
        Abi => "NVMEDB_E_ABI: struct size or ABI version unknown to this library\0"u8,
        Range => "NVMEDB_E_RANGE: no doorbell, namespace or vector of that number\0"u8,
        Closed => "NVMEDB_E_CLOSED: the doorbell is closed, or the object is being freed\0"u8,
        Value => "NVMEDB_E_VALUE: doorbell value not below the doorbell's limit\0"u8,
        Busy => "NVMEDB_E_BUSY: still in use; nothing changed; try again\0"u8,
        Memory => "NVMEDB_E_MEMORY: out of memory, or an address range that cannot be used\0"u8,
        IO => "NVMEDB_E_IO: the operating system refused a file or descriptor\0"u8,
        Exists => "NVMEDB_E_EXISTS: overlaps or repeats something that is there\0"u8,
        Thread => "NVMEDB_E_THREAD: not from this thread\0"u8,
        State => "NVMEDB_E_STATE: not in the state the object is in\0"u8,
        Timeout => "NVMEDB_E_TIMEOUT: not done in the time given\0"u8,
        NotSupported => "NVMEDB_E_NOT_SUPPORTED: not on this system\0"u8,
        Internal => "NVMEDB_E_INTERNAL: a defect of the library\0"u8,
        _ => "unknown status\0"u8,
    };
}
