namespace NvmeDoorbell.Model.Shims;

/// <summary>Stands for System.Threading.CancellationTokenRegistration.</summary>
public readonly record struct ModelCancellationRegistration(ModelCancellationSource? Source, int Id) : IDisposable
{
    public void Dispose()
    {
        if (Id != 0)
            Source?.Unregister(Id);
    }
}
