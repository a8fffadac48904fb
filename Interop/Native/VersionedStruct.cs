using System.Runtime.CompilerServices;

namespace NvmeDoorbell.Interop.Native;

/// <summary>
/// Structs that start with their own size. A caller with an older header gives a smaller one: what it lacks is zero, and
/// zero is the default of every field. A caller with a newer header gives a bigger one: fine as long as it asks for
/// nothing this library does not know, which is to say that the rest is zero.
/// </summary>
// SAFETY: reads and writes only the bytes that the caller's size field says are there, and never more than MaxBytes;
// a caller that lies about its own struct cannot be caught from here, as in every C interface.
internal static unsafe class VersionedStruct
{
    // The size itself and one field: no header has ever had a smaller struct.
    private const uint MinBytes = 8;
    private const uint MaxBytes = 4096;

    /// <summary>Copies the caller's struct, filled up with zeroes.</summary>
    public static int Read<T>(T* source, out T value)
        where T : unmanaged
    {
        value = default;
        if (source is null)
            return LastError.Set(Status.Argument, "A struct pointer is null.");
        var status = CheckSize(source, out var sizeBytes);
        if (status != Status.Ok)
            return status;
        var bytes = new ReadOnlySpan<byte>(source, (int)sizeBytes);
        if (bytes.Length > sizeof(T) && bytes[sizeof(T)..].ContainsAnyExcept((byte)0))
            return LastError.Set(Status.Abi, "The struct is newer than the library and uses fields it does not know.");
        var known = bytes[..Math.Min(bytes.Length, sizeof(T))];
        fixed (T* destination = &value)
            known.CopyTo(new Span<byte>(destination, sizeof(T)));
        return Status.Ok;
    }

    /// <summary>Copies an answer into the caller's struct, as much as it has room for, and zeroes what it has beyond.</summary>
    /// <remarks>The caller's size field stays as the caller set it.</remarks>
    public static int Write<T>(T* destination, ref T value)
        where T : unmanaged
    {
        if (destination is null)
            return LastError.Set(Status.Argument, "A struct pointer is null.");
        var status = CheckSize(destination, out var sizeBytes);
        if (status != Status.Ok)
            return status;
        Unsafe.As<T, uint>(ref value) = sizeBytes;
        var bytes = new Span<byte>(destination, (int)sizeBytes);
        fixed (T* source = &value)
            new ReadOnlySpan<byte>(source, Math.Min(bytes.Length, sizeof(T))).CopyTo(bytes);
        if (bytes.Length > sizeof(T))
            bytes[sizeof(T)..].Clear();
        return Status.Ok;
    }

    private static int CheckSize(void* source, out uint sizeBytes)
    {
        sizeBytes = Unsafe.ReadUnaligned<uint>(source);
        return sizeBytes is >= MinBytes and <= MaxBytes
            ? Status.Ok
            : LastError.Set(Status.Abi, "The struct's size field is not a size that any version of it has.");
    }
}
