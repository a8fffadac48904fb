using NvmeDoorbell.Doorbells;
using NvmeDoorbell.VfioUser.Messages;

namespace NvmeDoorbell.VfioUser.Session;

/// <content>
/// Waiting for the device in the middle of a command: its tasks may be waiting for replies of the client, which come on the
/// stream that this thread receives from. So it goes on receiving; commands that come are kept for later, in order.
/// </content>
internal sealed partial class ClientSession
{
    private const int MaxDeferred = 64;

    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(1);

    // Clients that wait for an answer give up after some seconds.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(4);

    private readonly Queue<Message> _deferred = new();
    private bool _hasEnded;

    /// <returns>Whether it has ended well in time.</returns>
    private bool WaitFor(Task task)
    {
        long deadline = Environment.TickCount64 + (long)Patience.TotalMilliseconds;
        while (!task.IsCompleted && Environment.TickCount64 < deadline)
        {
            Drive(task);
            if (!task.IsCompleted && !_hasEnded && _stream.CanReceive(0))
                _hasEnded = !ReceiveAhead();
        }
        return task.IsCompletedSuccessfully;
    }

    /// <summary>Looks for a moment whether it has ended. Reactors that are lent and that nobody runs are run.</summary>
    private void Drive(Task task)
    {
        foreach (Reactor reactor in _model.Reactors)
            reactor.Drive(() => task.IsCompleted, Look);
    }

    private bool ReceiveAhead()
    {
        Message next = new();
        if (next.Receive(_stream, MaxMessageBytes) == MessageResult.Received)
        {
            if (next.Header.IsCommand && _deferred.Count < MaxDeferred)
            {
                _deferred.Enqueue(next);
                return true;
            }
            if (next.Header.IsReply && _device!.Messages.OnReply(next.Header, next.Payload))
            {
                next.Dispose();
                return true;
            }
        }
        next.Dispose();
        return false;
    }

    private bool TakeDeferred()
    {
        if (!_deferred.TryDequeue(out Message? next))
            return false;
        _message.Dispose();
        _message = next;
        return true;
    }
}
