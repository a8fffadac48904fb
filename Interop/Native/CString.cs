using System.Runtime.InteropServices;

namespace NvmeDoorbell.Interop.Native;

/// <summary>Zero-terminated UTF-8 from callers.</summary>
// SAFETY: reads up to the terminating zero, which the C interface asks for, and not beyond the limit.
internal static unsafe class CString
{
    /// <summary>The string; null for null, or for one with more bytes than the limit.</summary>
    public static string? Read(byte* text, int maxBytes)
    {
        if (text is null)
            return null;
        int length = 0;
        while (length <= maxBytes && text[length] != 0)
            length++;
        return length > maxBytes ? null : Marshal.PtrToStringUTF8((nint)text, length);
    }
}
