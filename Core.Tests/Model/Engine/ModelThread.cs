namespace NvmeDoorbell.Model.Engine;

/// <summary>What a thread will do when it is next chosen; decides whether it can be chosen.</summary>
internal enum PendingStep : byte
{
    /// <summary>A load, or a store becoming pending: possible at once.</summary>
    Access,

    /// <summary>An interlocked operation, a fence, a system call: possible once its own stores have arrived.</summary>
    Fenced,

    /// <summary>A compare-exchange; with <see cref="MemoryOrder.Weak"/> one that fails is a mere load.</summary>
    CompareExchange,

    /// <summary>The end of a process-wide barrier: possible once every store made before its begin has arrived.</summary>
    BarrierEnd,

    /// <summary>A futex wait that has gone to sleep: possible once woken.</summary>
    FutexWait,

    /// <summary>Entering a lock: possible while nobody else is in.</summary>
    LockEnter,

    /// <summary>Possible once another thread has ended.</summary>
    Join,

    /// <summary>Waiting for a flag of the scenario's: possible while it is up.</summary>
    Await,

    /// <summary>Turning round a waiting loop: possible once a cell that the last turn read holds something else.</summary>
    Spin,

    /// <summary>An arbitrary choice of the scenario's.</summary>
    Choose,
}

/// <summary>One thread of the modelled program.</summary>
internal sealed class ModelThread
{
    private const int MaxSeen = 64;

    public readonly StoreBuffer Stores = new();
    public readonly int[] BarrierSequences = new int[Fiber.MaxCount];
    public readonly (nint Address, int LengthBytes, ulong Bits)[] Seen = new (nint, int, ulong)[MaxSeen];
    public nint StackPointer;

    public ModelThread(int id) => Id = id;

    public int Id { get; }

    public string Name { get; set; } = "";

    public Action Body { get; set; } = static () => { };

    /// <summary>Another process: a process-wide barrier of ours does not reach it, and it keeps what is its own.</summary>
    public bool IsGuest { get; set; }

    /// <summary>May still be blocked at the end, like a reactor that is parked.</summary>
    public bool IsDaemon { get; set; }

    /// <summary>Started by another thread while the execution runs.</summary>
    public bool IsDynamic { get; set; }

    public bool IsFinished { get; set; }

    public PendingStep Pending { get; set; }

    public nint PendingAddress { get; set; }

    public int PendingLengthBytes { get; set; }

    /// <summary>The comparand of a compare-exchange, the number of ways of a choice, the thread to join.</summary>
    public ulong PendingValue { get; set; }

    public bool IsWoken { get; set; }

    /// <summary>The source line it is about to execute: two threads with one history may stand in each other's code.</summary>
    public int PendingLine { get; set; }

    /// <summary>What has woken it; the thread learns of it when it goes on.</summary>
    public ulong WakeTag { get; set; }

    /// <summary>How often its sleep has ended for no reason so far.</summary>
    public int SpuriousWakes { get; set; }

    /// <summary>Stores numbered below this were made before its last step that others can see.</summary>
    public int BegunSequence { get; set; }

    /// <summary>How many threads there were when its process-wide barrier began.</summary>
    public int BarrierThreads { get; set; }

    /// <summary>The way taken by <see cref="PendingStep.Choose"/>.</summary>
    public int Choice { get; set; }

    /// <summary>Digest of everything the thread has been told so far; it is a function of that, so two equal ones stand at
    /// the same place with the same locals.</summary>
    public ulong History { get; set; }

    public int SeenCount { get; set; }

    /// <summary>Operations so far.</summary>
    public int Steps { get; set; }

    public void Reset(string name, Action body)
    {
        Stores.Reset();
        Name = name;
        Body = body;
        IsGuest = IsDaemon = IsDynamic = IsFinished = IsWoken = false;
        Pending = PendingStep.Access;
        PendingAddress = 0;
        PendingValue = 0;
        History = (ulong)Id + 1;
        SeenCount = 0;
        Steps = SpuriousWakes = BarrierThreads = BegunSequence = 0;
        WakeTag = 0;
    }

    public void Observe(ulong what) => History = Hash.Mix(History, what);

    /// <summary>Remembers the first look of this turn at the cell: a change after it is worth another turn.</summary>
    public void See(nint address, int lengthBytes, ulong bits)
    {
        for (int index = 0; index < SeenCount; index++)
        {
            if (Seen[index].Address == address)
                return;
        }

        if (SeenCount < MaxSeen)
            Seen[SeenCount++] = (address, lengthBytes, bits);
    }

    public ulong Digest()
    {
        ulong hash = Hash.Mix(History, IsFinished ? 1 : IsWoken ? WakeTag : (ulong)PendingLine << 8);
        return Stores.Count == 0 ? hash : Stores.Digest(hash, BegunSequence);
    }
}
