using NvmeDoorbell.Interop.Native;

namespace NvmeDoorbell.Tests.Interop;

// SAFETY: the pointers are to stack buffers that are longer than the sizes named in them.
public sealed unsafe class VersionedStructTests
{
    private const int Known = 24;

    [TestCase(0u)]
    [TestCase(1u)]
    [TestCase(7u)]
    [TestCase(4097u)]
    [TestCase(uint.MaxValue)]
    public void Edge39_A_size_that_no_version_has_is_refused(uint size)
    {
        var buffer = stackalloc byte[64];
        *(uint*)buffer = size;
        Assert.That(VersionedStruct.Read((RuntimeStats*)buffer, out _), Is.EqualTo(Status.Abi));
        var stats = default(RuntimeStats);
        Assert.That(VersionedStruct.Write((RuntimeStats*)buffer, ref stats), Is.EqualTo(Status.Abi));
    }

    [Test]
    public void Edge39_A_smaller_struct_is_filled_up_with_zeroes()
    {
        var buffer = stackalloc byte[64];
        new Span<byte>(buffer, 64).Fill(0xFF);
        *(uint*)buffer = 16;
        Assert.That(VersionedStruct.Read((RuntimeStats*)buffer, out var value), Is.EqualTo(Status.Ok));
        Assert.That(value.AllocatedBytes, Is.EqualTo(ulong.MaxValue));
        Assert.That(value.Collections, Is.Zero);
    }

    [Test]
    public void A_bigger_struct_is_taken_if_what_is_unknown_is_zero()
    {
        var buffer = stackalloc byte[64];
        new Span<byte>(buffer, 64).Clear();
        *(uint*)buffer = 64;
        ((RuntimeStats*)buffer)->Collections = 5;
        Assert.That(VersionedStruct.Read((RuntimeStats*)buffer, out var value), Is.EqualTo(Status.Ok));
        Assert.That(value.Collections, Is.EqualTo(5));
        buffer[63] = 1;
        Assert.That(VersionedStruct.Read((RuntimeStats*)buffer, out _), Is.EqualTo(Status.Abi));
    }

    [Test]
    public void An_answer_fills_no_more_than_the_callers_struct()
    {
        var buffer = stackalloc byte[64];
        new Span<byte>(buffer, 64).Fill(0xEE);
        *(uint*)buffer = 16;
        var stats = new RuntimeStats { AllocatedBytes = 1, Collections = 2 };
        Assert.That(VersionedStruct.Write((RuntimeStats*)buffer, ref stats), Is.EqualTo(Status.Ok));
        Assert.That(*(uint*)buffer, Is.EqualTo(16));
        Assert.That(((RuntimeStats*)buffer)->AllocatedBytes, Is.EqualTo(1));
        Assert.That(new ReadOnlySpan<byte>(buffer + 16, 48).ContainsAnyExcept((byte)0xEE), Is.False);
    }

    [Test]
    public void An_answer_zeroes_what_a_newer_caller_has_beyond()
    {
        var buffer = stackalloc byte[64];
        new Span<byte>(buffer, 64).Fill(0xEE);
        *(uint*)buffer = 48;
        var stats = new RuntimeStats { AllocatedBytes = 1, Collections = 2 };
        Assert.That(VersionedStruct.Write((RuntimeStats*)buffer, ref stats), Is.EqualTo(Status.Ok));
        Assert.That(((RuntimeStats*)buffer)->Collections, Is.EqualTo(2));
        Assert.That(new ReadOnlySpan<byte>(buffer + Known, 48 - Known).ContainsAnyExcept((byte)0), Is.False);
        Assert.That(new ReadOnlySpan<byte>(buffer + 48, 16).ContainsAnyExcept((byte)0xEE), Is.False);
    }

    [Test]
    public void A_null_pointer_is_an_argument_error()
    {
        var stats = default(RuntimeStats);
        Assert.That(VersionedStruct.Read<RuntimeStats>(null, out _), Is.EqualTo(Status.Argument));
        Assert.That(VersionedStruct.Write(null, ref stats), Is.EqualTo(Status.Argument));
    }
}
