namespace NvmeDoorbell.Model.Shims;

/// <summary>Stands for System.Threading.CancellationToken.</summary>
public readonly record struct ModelCancellationToken(ModelCancellationSource? Source)
{
    public bool IsCancellationRequested => Source is not null && Source.IsCancellationRequested;

    public bool CanBeCanceled => Source is not null;

    public ModelCancellationRegistration UnsafeRegister(Action<object?> callback, object? state) =>
        Source is null ? default : new ModelCancellationRegistration(Source, Source.Register(callback, state));

    // For the framework's own exceptions and tasks, which take the framework's own token.
    public static implicit operator System.Threading.CancellationToken(ModelCancellationToken token) =>
        new(canceled: token.IsCancellationRequested);
}
