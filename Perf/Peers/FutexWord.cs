using System.Runtime.InteropServices;

namespace NvmeDoorbell.Perf.Peers;

/// <summary>A word of native memory that a thread sleeps on until another has changed it.</summary>
internal sealed unsafe class FutexWord : IDisposable
{
    private const int LineBytes = 128;
    private uint* _word;

    // SAFETY: one aligned block of its own, freed once in Dispose; nothing reaches beyond its first word.
    public FutexWord()
    {
        _word = (uint*)NativeMemory.AlignedAlloc(LineBytes, LineBytes);
        *_word = 0;
    }

    /// <summary>Where the word lies, for native callers.</summary>
    public nint Address => (nint)_word;

    public uint Value
    {
        get => Volatile.Read(ref *_word);
        set => Volatile.Write(ref *_word, value);
    }

    /// <summary>Sleeps while the word is <paramref name="value"/>.</summary>
    public void WaitWhile(uint value) => PeersLibrary.AnswerWait(Address, value);

    /// <summary>Stores and wakes one sleeper.</summary>
    public void Wake(uint value) => PeersLibrary.AnswerWake(Address, value);

    public void Dispose()
    {
        NativeMemory.AlignedFree(_word);
        _word = null;
    }
}
