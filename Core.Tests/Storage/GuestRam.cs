using NvmeDoorbell.Memory;

namespace NvmeDoorbell.Tests.Storage;

/// <summary>Memory at a fixed address that stands for guest RAM in requests to a disk.</summary>
internal sealed class GuestRam(int lengthBytes) : IDisposable
{
    private readonly NativeBlock _block = new((nuint)lengthBytes, 4096);

    public nint Address => _block.Address;

    public Span<byte> Bytes => _block.Span;

    public void Dispose() => _block.Dispose();

    /// <summary>Bytes that depend on their place and on <paramref name="salt"/>, with no short period.</summary>
    public static byte[] Pattern(int lengthBytes, int salt)
    {
        byte[] bytes = new byte[lengthBytes];
        new Random(salt).NextBytes(bytes);
        return bytes;
    }

    public void Fill(byte value) => Bytes.Fill(value);
}
