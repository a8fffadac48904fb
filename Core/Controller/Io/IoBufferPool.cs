namespace NvmeDoorbell.Controller;

/// <summary>
/// The buffers of one task, made when they are first needed and kept; bounded, so commands wait for them in the order in
/// which they came. The task's thread only.
/// </summary>
internal sealed class IoBufferPool : IDisposable
{
    /// <summary>The most buffers of a task.</summary>
    public const int MaxBuffers = 4;

    private readonly Stack<IoBuffer> _free = new(MaxBuffers);
    private readonly Queue<IoRequest> _waiting = new();
    private int _made;

    /// <summary>Gives a request a buffer. False: all are in use; the request is resumed when it has been given one.</summary>
    public bool TryTake(IoRequest request)
    {
        if (!_free.TryPop(out IoBuffer? buffer))
        {
            if (_made == MaxBuffers)
            {
                _waiting.Enqueue(request);
                return false;
            }
            buffer = new IoBuffer();
            _made++;
        }
        buffer.Reset();
        request.Buffer = buffer;
        return true;
    }

    /// <summary>Takes a request's buffer back, and hands it to the one that has waited longest.</summary>
    public void Return(IoRequest request)
    {
        IoBuffer buffer = request.Buffer!;
        request.Buffer = null;
        if (!_waiting.TryDequeue(out IoRequest? next))
        {
            _free.Push(buffer);
            return;
        }
        buffer.Reset();
        next.Buffer = buffer;
        next.Resume();
    }

    /// <summary>Frees the buffers; where a disk has one still, it stays.</summary>
    public void Dispose()
    {
        while (_free.TryPop(out IoBuffer? buffer))
            buffer.Dispose();
    }
}
