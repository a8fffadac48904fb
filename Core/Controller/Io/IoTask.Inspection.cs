using System.Text.Json;
using NvmeDoorbell.Queues;

namespace NvmeDoorbell.Controller;

// What can be seen of a task from another thread: whole words, each as it was at some moment of the look.
internal sealed partial class IoTask
{
    /// <summary>Writes the task's completion queue and what is tied to it as a JSON object. Any thread.</summary>
    public void Inspect(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteStartObject("completionQueue");
        json.WriteNumber("id", _completions.Id);
        json.WriteNumber("entries", _completions.Entries);
        json.WriteNumber("head", _completions.Head);
        json.WriteNumber("tail", _completions.Tail);
        json.WriteNumber("vector", _completions.Vector);
        json.WriteBoolean("interruptsEnabled", _completions.InterruptsEnabled);
        json.WriteEndObject();
        json.WriteNumber("commandsUnderWay", Volatile.Read(ref _reserved));
        json.WriteBoolean("waitsForRoom", Volatile.Read(ref _needsRoom));
        json.WriteBoolean("stopped", Volatile.Read(ref _isStopped));
        json.WriteNumber("commands", Volatile.Read(ref Counters.Commands));
        json.WriteNumber("errors", Volatile.Read(ref Counters.Errors));
        json.WriteNumber("bytesRead", Volatile.Read(ref Counters.BytesRead));
        json.WriteNumber("bytesWritten", Volatile.Read(ref Counters.BytesWritten));
        json.WriteStartArray("submissionQueues");
        foreach (IoQueue queue in Volatile.Read(ref _queues))
        {
            SubmissionQueue submission = queue.Submission;
            json.WriteStartObject();
            json.WriteNumber("id", submission.Id);
            json.WriteNumber("entries", submission.Entries);
            json.WriteNumber("head", submission.Head);
            json.WriteNumber("tail", submission.Tail);
            json.WriteNumber("commandsUnderWay", Volatile.Read(ref queue.InFlight));
            json.WriteBoolean("closed", Volatile.Read(ref queue.IsClosed));
            json.WriteBoolean("memoryFault", Volatile.Read(ref queue.IsFaulted));
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteEndObject();
    }
}
