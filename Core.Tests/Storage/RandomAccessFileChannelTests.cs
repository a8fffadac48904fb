using NvmeDoorbell.Memory;
using NvmeDoorbell.Storage;

namespace NvmeDoorbell.Tests.Storage;

/// <summary>The file calls of systems other than Linux: what they answer when the system refuses.</summary>
public sealed class RandomAccessFileChannelTests : IDisposable
{
    private readonly string _path = Path.Combine(TestContext.CurrentContext.WorkDirectory, $"{Guid.NewGuid():N}.img");
    private readonly GuestRam _ram = new(8192);

    public void Dispose()
    {
        File.Delete(_path);
        _ram.Dispose();
    }

    [Test]
    public void A_read_beyond_the_end_is_short()
    {
        File.WriteAllBytes(_path, new byte[5000]);
        using var channel = new RandomAccessFileChannel(File.OpenHandle(_path));
        Assert.That(channel.GetLength(), Is.EqualTo(5000));
        Assert.That(channel.Read([Segment(0), Segment(4096)], 0, mayBlock: true), Is.EqualTo(5000));
        Assert.That(channel.Read([Segment(0)], 5000, mayBlock: true), Is.Zero);
    }

    [Test]
    public void A_file_that_was_opened_for_reading_refuses_writes()
    {
        File.WriteAllBytes(_path, new byte[5000]);
        using var channel = new RandomAccessFileChannel(File.OpenHandle(_path));
        Assert.That(channel.Write([Segment(0)], 0), Is.EqualTo(-FileError.InputOutput));
        Assert.That(channel.SetLength(100), Is.Negative);
    }

    [Test]
    public void A_file_that_was_opened_for_writing_refuses_reads()
    {
        using var channel = new RandomAccessFileChannel(File.OpenHandle(_path, FileMode.Create, FileAccess.Write));
        Assert.That(channel.Write([Segment(0), Segment(4096)], 0), Is.EqualTo(8192));
        Assert.That(channel.Sync(), Is.Zero);
        Assert.That(channel.Read([Segment(0)], 0, mayBlock: true), Is.EqualTo(-FileError.InputOutput));
    }

    [Test]
    public void Edge38_A_full_device_is_told_from_other_errors()
    {
        if (!OperatingSystem.IsLinux())
            return; // others have no device that is always full
        using var channel = new RandomAccessFileChannel(File.OpenHandle("/dev/full", FileMode.Open, FileAccess.Write));
        Assert.That(channel.Write([Segment(0)], 0), Is.EqualTo(-FileError.NoSpace));
    }

    [Test]
    public void A_pipe_has_no_length()
    {
        using var pipe = new System.IO.Pipes.AnonymousPipeServerStream();
        using var handle = new Microsoft.Win32.SafeHandles.SafeFileHandle(pipe.SafePipeHandle.DangerousGetHandle(), ownsHandle: false);
        using var channel = new RandomAccessFileChannel(handle);
        Assert.That(channel.GetLength(), Is.Negative);
        Assert.That(channel.ZeroRange(0, 1), Is.EqualTo(-FileError.NotSupported));
        Assert.That(channel.PunchHole(0, 1), Is.EqualTo(-FileError.NotSupported));
    }

    private GuestSegment Segment(int offset) => new(_ram.Address + offset, 4096);
}
