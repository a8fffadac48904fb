using System.Runtime.ExceptionServices;
using System.Threading.Tasks.Sources;

namespace NvmeDoorbell.Doorbells;

/// <summary>
/// Stands for the framework's structure of this name, which keeps its atomics to itself: the same states and the same one
/// exchange between a completion and the registration of its continuation. Continuations run where they are completed.
/// </summary>
internal struct ManualResetValueTaskSourceCore<TResult>
{
    private static readonly Action<object?> Completed = static _ => throw new InvalidOperationException("Completed twice.");

    private Action<object?>? _continuation;
    private object? _state;
    private TResult? _result;
    private ExceptionDispatchInfo? _error;
    private int _completed;

    public short Version { get; private set; }

    public void Reset()
    {
        Version++;
        Volatile.Write(ref _continuation, null);
        _state = null;
        _result = default;
        _error = null;
        Volatile.Write(ref _completed, 0);
    }

    public void SetResult(TResult result)
    {
        _result = result;
        Complete();
    }

    public void SetException(Exception error)
    {
        _error = ExceptionDispatchInfo.Capture(error);
        Complete();
    }

    public ValueTaskSourceStatus GetStatus(short token)
    {
        Validate(token);
        if (Volatile.Read(ref _continuation) is null || Volatile.Read(ref _completed) == 0)
            return ValueTaskSourceStatus.Pending;
        return _error is null ? ValueTaskSourceStatus.Succeeded
            : _error.SourceException is OperationCanceledException ? ValueTaskSourceStatus.Canceled
            : ValueTaskSourceStatus.Faulted;
    }

    public TResult GetResult(short token)
    {
        Validate(token);
        if (Volatile.Read(ref _completed) == 0)
            throw new InvalidOperationException("Not completed.");
        _error?.Throw();
        return _result!;
    }

    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags)
    {
        Validate(token);
        object? previous = Volatile.Read(ref _continuation);
        if (previous is null)
        {
            _state = state;
            previous = Interlocked.CompareExchange(ref _continuation, continuation, null);
            if (previous is null)
                return;
        }

        if (!ReferenceEquals(previous, Completed))
            throw new InvalidOperationException("Awaited twice.");
        // The framework hands it to the thread pool here: a continuation never runs inside its registration.
        ThreadPool.QueueUserWorkItem(pair => pair.Item1(pair.Item2), (continuation, state), preferLocal: false);
    }

    private void Complete()
    {
        if (Volatile.Read(ref _completed) != 0)
            throw new InvalidOperationException("Completed twice.");
        Volatile.Write(ref _completed, 1);
        Action<object?>? continuation = Volatile.Read(ref _continuation)
            ?? Interlocked.CompareExchange(ref _continuation, Completed, null);
        continuation?.Invoke(_state);
    }

    private readonly void Validate(short token)
    {
        if (token != Version)
            throw new InvalidOperationException("A stale token.");
    }
}
