using System.Runtime.InteropServices;
using System.Text;
using NvmeDoorbell.Interop.Native;

namespace NvmeDoorbell.Tests.Interop;

// SAFETY: the pointers are to stack buffers and to the library's constants.
public sealed unsafe class RuntimeCallsTests
{
    [Test]
    public void The_version_is_the_assemblys()
    {
        var version = typeof(RuntimeCalls).Assembly.GetName().Version!;
        Assert.That(Marshal.PtrToStringUTF8((nint)RuntimeCalls.Version()), Is.EqualTo(version.ToString(3)));
    }

    [Test]
    public void Every_status_has_a_text_of_its_own()
    {
        var texts = Enumerable.Range(-15, 17).Select(Text).ToArray();
        Assert.That(texts, Is.Unique);
        Assert.That(texts, Has.All.StartsWith("NVMEDB_"));
        Assert.That(Text(-16), Is.EqualTo("unknown status"));
        Assert.That(Text(int.MinValue), Is.EqualTo("unknown status"));

        static string? Text(int status) => Marshal.PtrToStringUTF8((nint)RuntimeCalls.StatusText(status));
    }

    [TestCase(0)]
    [TestCase(1)]
    [TestCase(4)]
    [TestCase(5)]
    [TestCase(6)]
    [TestCase(64)]
    public void A_sentence_is_cut_between_characters_and_terminated(int roomBytes)
    {
        var sentence = string.Concat("zw", "ölf");
        LastError.Set(Status.Argument, sentence);
        var buffer = stackalloc byte[64];
        new Span<byte>(buffer, 64).Fill(0xEE);
        Assert.That(RuntimeCalls.CopyLastError(buffer, (nuint)roomBytes), Is.EqualTo((nuint)6));
        Assert.That(new ReadOnlySpan<byte>(buffer + roomBytes, 64 - roomBytes).ContainsAnyExcept((byte)0xEE), Is.False);
        if (roomBytes == 0)
            return;
        var copied = Encoding.UTF8.GetString(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(buffer));
        Assert.That(sentence.StartsWith(copied, StringComparison.Ordinal), copied);
    }

    [Test]
    public void A_null_buffer_is_asked_for_the_length()
    {
        LastError.Set(Status.Argument, "four");
        Assert.That(RuntimeCalls.CopyLastError(null, 100), Is.EqualTo((nuint)4));
    }

    [Test]
    public void Each_thread_has_its_own_sentence()
    {
        LastError.Set(Status.Argument, "mine");
        var other = "";
        var thread = new Thread(() => other = LastError.Sentence);
        thread.Start();
        thread.Join();
        Assert.That(other, Is.Empty);
        Assert.That(LastError.Sentence, Is.EqualTo("mine"));
    }

    [Test]
    public void Edge41_Every_exception_becomes_a_status()
    {
        Assert.That(LastError.From(new ArgumentOutOfRangeException("x")), Is.EqualTo(Status.Argument));
        Assert.That(LastError.From(new InvalidOperationException("x")), Is.EqualTo(Status.State));
        Assert.That(LastError.From(new ObjectDisposedException("x")), Is.EqualTo(Status.Closed));
        Assert.That(LastError.From(new InsufficientMemoryException()), Is.EqualTo(Status.Memory));
        Assert.That(LastError.From(new FileNotFoundException("x")), Is.EqualTo(Status.IO));
        Assert.That(LastError.From(new PlatformNotSupportedException("x")), Is.EqualTo(Status.NotSupported));
        Assert.That(LastError.From(new InvalidCastException("odd")), Is.EqualTo(Status.Internal));
        Assert.That(LastError.Sentence, Does.Contain("InvalidCastException").And.Contain("odd"));
    }

    [Test]
    public void The_runtimes_counters_grow()
    {
        var before = new RuntimeStats { Size = (uint)sizeof(RuntimeStats) };
        var after = before;
        Assert.That(RuntimeCalls.GetStats(&before), Is.EqualTo(Status.Ok));
        GC.KeepAlive(new byte[100_000]);
        Assert.That(RuntimeCalls.Collect(), Is.EqualTo(Status.Ok));
        Assert.That(RuntimeCalls.GetStats(&after), Is.EqualTo(Status.Ok));
        Assert.That(after.AllocatedBytes - before.AllocatedBytes, Is.GreaterThanOrEqualTo(100_000));
        Assert.That(after.Collections, Is.GreaterThan(before.Collections));
    }
}
