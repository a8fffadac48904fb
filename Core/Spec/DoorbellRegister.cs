namespace NvmeDoorbell.Spec;

/// <summary>
/// Where the doorbell registers are in BAR0. NVMe over PCIe Transport Specification 1.0, "Submission Queue y Tail
/// Doorbell" and "Completion Queue y Head Doorbell": SQ y tail at 1000h + (2y × (4 &lt;&lt; CAP.DSTRD)), CQ y head at
/// 1000h + ((2y + 1) × (4 &lt;&lt; CAP.DSTRD)).
/// </summary>
public static class DoorbellRegister
{
    /// <summary>Offset of the first doorbell in BAR0.</summary>
    public const ulong Base = RegisterOffset.Doorbells;

    /// <summary>A doorbell register is 32 bits wide, whatever the stride.</summary>
    public const int WidthBytes = 4;

    /// <summary>The highest CAP.DSTRD that the field can hold.</summary>
    public const int MaxStrideExponent = 15;

    /// <summary>Distance of two doorbells in bytes.</summary>
    public static ulong StrideBytes(int strideExponent) => (ulong)WidthBytes << strideExponent;

    /// <summary>Offset in BAR0 of submission queue <paramref name="queueId"/>'s tail doorbell.</summary>
    public static ulong SubmissionTail(int queueId, int strideExponent) =>
        Base + (2UL * (uint)queueId * StrideBytes(strideExponent));

    /// <summary>Offset in BAR0 of completion queue <paramref name="queueId"/>'s head doorbell.</summary>
    public static ulong CompletionHead(int queueId, int strideExponent) =>
        Base + (((2UL * (uint)queueId) + 1) * StrideBytes(strideExponent));
}
