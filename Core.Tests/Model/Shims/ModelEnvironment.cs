using NvmeDoorbell.Model.Engine;

namespace NvmeDoorbell.Model.Shims;

/// <summary>Stands for System.Environment: the number of the model's thread.</summary>
internal static class ModelEnvironment
{
    public static int CurrentManagedThreadId => World.Current.RunningThreadId + 2;
}
