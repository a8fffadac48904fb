using NvmeDoorbell.Spec;

namespace NvmeDoorbell.Tests.Drivers;

/// <summary>Format NVM and Sanitize from the host's side.</summary>
internal static class Erasing
{
    public static SubmissionEntry FormatEntry(uint nsid, uint options = 0) =>
        new() { Opcode = (byte)AdminOpcode.FormatNvm, NamespaceId = nsid, Cdw10 = options };

    public static StatusCode Format(ControllerDriver driver, uint nsid, uint options = 0) =>
        driver.Execute(FormatEntry(nsid, options)).Status.WithoutFlags();

    public static StatusCode Sanitize(ControllerDriver driver, uint options, uint pattern = 0) =>
        driver.Execute(new SubmissionEntry { Opcode = (byte)AdminOpcode.Sanitize, Cdw10 = options, Cdw11 = pattern })
            .Status.WithoutFlags();

    public static byte[] SanitizeLog(ControllerDriver driver) =>
        Events.ReadLogPage(driver, LogPageId.SanitizeStatus, 512);

    /// <summary>SSTAT: how the last one stands, and how many passes it has done.</summary>
    public static int SanitizeState(ControllerDriver driver) => BitConverter.ToUInt16(SanitizeLog(driver), 2);
}
