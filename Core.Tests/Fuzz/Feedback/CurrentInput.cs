using System.IO.MemoryMappedFiles;

namespace NvmeDoorbell.Tests.Fuzz.Feedback;

/// <summary>The input under way, in a file that outlives the process that runs it.</summary>
internal sealed class CurrentInput : IDisposable
{
    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;

    public CurrentInput(string path, int maxBytes)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        _file = MemoryMappedFile.CreateFromFile(path, FileMode.Create, null, sizeof(int) + maxBytes);
        _view = _file.CreateViewAccessor();
    }

    public void Set(ReadOnlySpan<byte> input)
    {
        _view.Write(0, 0); // no input is better than half of one
        _view.SafeMemoryMappedViewHandle.WriteSpan(sizeof(int), input);
        _view.Write(0, input.Length);
    }

    public void Dispose()
    {
        _view.Dispose();
        _file.Dispose();
    }

    /// <summary>What a process that has ended was running; null: nothing.</summary>
    public static byte[]? Read(string path)
    {
        if (!File.Exists(path))
            return null;
        byte[] bytes = File.ReadAllBytes(path);
        int length = bytes.Length < sizeof(int) ? 0 : BitConverter.ToInt32(bytes);
        return length <= 0 || length > bytes.Length - sizeof(int) ? null : bytes[sizeof(int)..(sizeof(int) + length)];
    }
}
