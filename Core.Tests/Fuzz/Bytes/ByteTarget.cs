namespace NvmeDoorbell.Tests.Fuzz.Bytes;

/// <summary>Something that takes any bytes and must come through them unharmed. One thread.</summary>
internal abstract class ByteTarget : IDisposable
{
    /// <summary>The largest input that is made.</summary>
    public virtual int MaxBytes => 1024;

    /// <summary>Values that are worth trying anywhere in an input, as they stand in it.</summary>
    public virtual IReadOnlyList<byte[]> Words => [];

    /// <summary>Takes an input. The same input does the same each time.</summary>
    /// <returns>Operations against the device.</returns>
    /// <exception cref="OracleException">Something has come of it that must not.</exception>
    public abstract int Run(ReadOnlySpan<byte> input);

    public abstract void Dispose();
}
