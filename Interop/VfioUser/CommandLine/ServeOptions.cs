using NvmeDoorbell.Doorbells;

namespace NvmeDoorbell.VfioUser.CommandLine;

/// <summary>What <c>nvmedb serve</c> was asked for.</summary>
internal sealed record ServeOptions
{
    /// <summary>Where the socket is to be.</summary>
    public required string SocketPath { get; init; }

    /// <summary>The namespaces' disks.</summary>
    public required IReadOnlyList<DiskArgument> Disks { get; init; }

    /// <summary>The most I/O queue pairs.</summary>
    public int QueuePairs { get; init; } = 64;

    /// <summary>Threads that serve the queues.</summary>
    public int Reactors { get; init; } = 1;

    /// <summary>How they wait for work.</summary>
    public ReactorPolling Polling { get; init; }

    /// <summary>Doorbells are offered for mapping.</summary>
    public bool MapsDoorbells { get; init; }

    /// <summary>Serial number.</summary>
    public string Serial { get; init; } = "NVMEDB0000000001";

    /// <summary>Events as lines of JSON.</summary>
    public bool Json { get; init; }

    /// <summary>End with the first client.</summary>
    public bool Once { get; init; }
}
