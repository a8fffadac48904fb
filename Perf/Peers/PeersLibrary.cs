using System.Reflection;
using System.Runtime.InteropServices;

namespace NvmeDoorbell.Perf.Peers;

/// <summary>
/// libnvmedb_peers.so within this process: native threads that ring doorbells of this process's own core. The meaning
/// of each function stands in Perf/native/peers.h.
/// </summary>
internal static partial class PeersLibrary
{
    /// <summary>Doorbells that its rings go to: 32 for each of two threads.</summary>
    public const int Doorbells = 64;

    private const string Name = "nvmedb_peers";

    static PeersLibrary() => NativeLibrary.SetDllImportResolver(
        typeof(PeersLibrary).Assembly,
        static (name, assembly, search) => name == Name ? NativeLibrary.Load(LibraryPath) : 0);

    /// <summary>It has been built.</summary>
    public static bool IsThere => File.Exists(LibraryPath);

    private static string LibraryPath => Path.Combine(AppContext.BaseDirectory, "native", "libnvmedb_peers.so");

    [LibraryImport(Name, EntryPoint = "peers_thread_cpu_ns")]
    public static partial ulong ThreadCpuNs();

    [LibraryImport(Name, EntryPoint = "peers_pin")]
    public static partial int Pin(int cpu);

    [LibraryImport(Name, EntryPoint = "peers_sample", StringMarshalling = StringMarshalling.Utf8)]
    public static partial double Sample(string figure, string shape, uint count, nint view);

    [LibraryImport(Name, EntryPoint = "peers_ring_answer")]
    public static partial double RingAnswer(nint view, uint id, nint answer, uint count, int park);

    [LibraryImport(Name, EntryPoint = "peers_answer_wake")]
    public static partial void AnswerWake(nint answer, uint value);

    [LibraryImport(Name, EntryPoint = "peers_answer_wait")]
    public static partial void AnswerWait(nint answer, uint value);

    [LibraryImport(Name, EntryPoint = "peers_ring_parked")]
    public static partial double RingParked(nint view, uint id, nint park, uint count, ref ulong tookNs);

    [LibraryImport(Name, EntryPoint = "peers_read_pages", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int ReadPages(string path, nint memory, in uint places, uint pages, uint count);

    [LibraryImport(Name, EntryPoint = "peers_long_ring_start")]
    public static partial nint LongRingStart(nint view, int cpu, nint buckets, uint bucketCount);

    [LibraryImport(Name, EntryPoint = "peers_long_ring_stop")]
    public static partial void LongRingStop(nint run, out ulong rings, out ulong longestNs);
}
