namespace NvmeDoorbell.Spec;

/// <summary>The parts of a <see cref="StatusCode"/>. Base Specification 2.0, "Status Field".</summary>
public static class StatusCodeExtensions
{
    private const ushort CodeAndTypeMask = 0x07FF;

    /// <summary>
    /// Status Code Type (SCT): 0 generic, 1 command specific, 2 media and data integrity, 3 path, 7 vendor.
    /// </summary>
    public static byte Type(this StatusCode status) => (byte)(((ushort)status >> 8) & 7);

    /// <summary>Status Code (SC), bits 7:0.</summary>
    public static byte Code(this StatusCode status) => (byte)status;

    /// <summary>Type and code alone: without Do Not Retry, More and Command Retry Delay.</summary>
    public static StatusCode WithoutFlags(this StatusCode status) => (StatusCode)((ushort)status & CodeAndTypeMask);

    /// <summary>The same status with Do Not Retry (DNR) set; <see cref="StatusCode.Success"/> stays as it is.</summary>
    public static StatusCode WithDoNotRetry(this StatusCode status) =>
        status.IsSuccess() ? status : status | StatusCode.DoNotRetry;

    /// <summary>Do Not Retry (DNR) is set.</summary>
    public static bool IsDoNotRetry(this StatusCode status) => (status & StatusCode.DoNotRetry) != 0;

    /// <summary>Successful Completion, whatever flags are beside it.</summary>
    public static bool IsSuccess(this StatusCode status) => status.WithoutFlags() == StatusCode.Success;
}
