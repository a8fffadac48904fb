using System.Text;
using System.Text.Unicode;

namespace NvmeDoorbell.Interop.Native;

/// <summary>
/// The calling thread's last error sentence. Success never touches it. Sentences that a guest can provoke are literals,
/// so that no guest makes the device allocate; the others may be put together when the error happens.
/// </summary>
internal static class LastError
{
    [ThreadStatic]
    private static string? _sentence;

    /// <summary>The sentence of this thread's last failed call; empty if none has failed.</summary>
    public static string Sentence => _sentence ?? "";

    /// <summary>Keeps the sentence for this thread and hands the status on.</summary>
    public static int Set(int status, string sentence)
    {
        _sentence = sentence;
        return status;
    }

    /// <summary>The status and sentence of an exception that was on its way over the border.</summary>
    public static int From(Exception exception)
    {
        // An out-of-memory condition must not allocate a sentence.
        if (exception is OutOfMemoryException)
            return Set(Status.Memory, "The process is out of memory.");
        var status = StatusOf(exception);
        return status == Status.Internal
            ? Set(status, $"A defect of the library; please report: {exception.GetType().Name}: {exception.Message}")
            : Set(status, exception.Message);
    }

    /// <summary>Copies the sentence as UTF-8, cut between characters where the buffer is too short, and terminates it.</summary>
    /// <returns>The sentence's full length in bytes, without the terminating zero.</returns>
    public static int CopyTo(Span<byte> buffer)
    {
        var sentence = Sentence;
        if (buffer.Length > 0)
        {
            Utf8.FromUtf16(sentence, buffer[..^1], out _, out var written);
            buffer[written] = 0;
        }

        return Encoding.UTF8.GetByteCount(sentence);
    }

    private static int StatusOf(Exception exception) => exception switch
    {
        ObjectDisposedException => Status.Closed,
        ArgumentException => Status.Argument,
        PlatformNotSupportedException => Status.NotSupported,
        NotSupportedException => Status.NotSupported,
        InvalidOperationException => Status.State,
        TimeoutException => Status.Timeout,
        IOException or UnauthorizedAccessException => Status.IO,
        _ => Status.Internal,
    };
}
