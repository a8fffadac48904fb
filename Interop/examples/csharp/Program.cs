using NvmeDoorbell.Doorbells;

// The doorbells of one submission queue of 64 entries and its completion queue.
using DoorbellMemory doorbells = new(count: 4);
int id = DoorbellMemory.TailId(queueId: 1);
DoorbellState tail = doorbells.Open(id, limit: 64);

// The device: sleeps until the guest has rung.
Task device = Task.Run(async () =>
{
    for (; ; )
    {
        DoorbellChange change = await tail.WaitAsync();
        if (change.Outcome == DoorbellPoll.Closed) return;
        Console.WriteLine($"fetch entries up to {change.Value}");
        if (change.Value == 7) doorbells.Close(id);
    }
});

// The guest's write: any thread, no lock, no allocation.
doorbells.Ring(id, 7);
await device;
