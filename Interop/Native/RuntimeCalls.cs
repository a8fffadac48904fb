using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace NvmeDoorbell.Interop.Native;

/// <summary>Version, texts, the last error, and what the managed runtime does.</summary>
// SAFETY: writes go to buffers whose length the caller gives; pointers handed out are to constant data of the image,
// which is never moved or unmapped.
internal static unsafe class RuntimeCalls
{
    /// <summary>NVMEDB_ABI_VERSION of the header that this library was built with.</summary>
    public const uint AbiVersion = 2;

    private static ReadOnlySpan<byte> VersionText => "0.1.0\0"u8;

    public static byte* Version() => Pointer(VersionText);

    public static byte* StatusText(int status) => Pointer(Status.Text(status));

    public static nuint CopyLastError(byte* buffer, nuint lengthBytes)
    {
        try
        {
            var room = buffer is null ? 0 : (int)Math.Min(lengthBytes, int.MaxValue);
            return (nuint)LastError.CopyTo(new Span<byte>(buffer, room));
        }
        catch (Exception e)
        {
            LastError.From(e);
            return 0;
        }
    }

    public static int GetStats(RuntimeStats* stats)
    {
        try
        {
            var value = new RuntimeStats
            {
                AllocatedBytes = (ulong)GC.GetTotalAllocatedBytes(precise: true),
                // Every collection is one of generation 0 too.
                Collections = (ulong)GC.CollectionCount(0),
            };
            return VersionedStruct.Write(stats, ref value);
        }
        catch (Exception e)
        {
            return LastError.From(e);
        }
    }

    public static int Collect()
    {
        try
        {
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Forced, blocking: true, compacting: true);
            return Status.Ok;
        }
        catch (Exception e)
        {
            return LastError.From(e);
        }
    }

    private static byte* Pointer(ReadOnlySpan<byte> constant) =>
        (byte*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(constant));
}
