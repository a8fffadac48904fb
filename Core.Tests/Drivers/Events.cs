using NvmeDoorbell.Spec;

namespace NvmeDoorbell.Tests.Drivers;

/// <summary>Asynchronous events and log pages from the host's side.</summary>
internal static class Events
{
    public static SubmissionEntry Request => new() { Opcode = (byte)AdminOpcode.AsynchronousEventRequest };

    public static SubmissionEntry GetLogPage(
        LogPageId page, int lengthBytes, ulong prp1, bool retain = false, ulong offset = 0, uint nsid = NamespaceIds.All) =>
        new()
        {
            Opcode = (byte)AdminOpcode.GetLogPage,
            NamespaceId = nsid,
            Prp1 = prp1,
            Prp2 = prp1 + 4096,
            Cdw10 = (uint)page | (retain ? 1u << 15 : 0) | (uint)(lengthBytes / 4 - 1) << 16,
            Cdw11 = (uint)(lengthBytes / 4 - 1) >> 16,
            Cdw12 = (uint)offset,
            Cdw13 = (uint)(offset >> 32),
        };

    public static byte[] ReadLogPage(
        ControllerDriver driver, LogPageId page, int lengthBytes, bool retain = false, ulong offset = 0)
    {
        ulong buffer = driver.AllocatePages(2);
        Assert.That(
            driver.Execute(GetLogPage(page, lengthBytes, buffer, retain, offset)).Status, Is.EqualTo(StatusCode.Success));
        return driver.ReadRam(buffer, lengthBytes);
    }
}
