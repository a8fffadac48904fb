namespace NvmeDoorbell.Doorbells;

/// <summary>Stands for the shipped one: threads of the model run nowhere in particular.</summary>
internal static class ThreadAffinity
{
    public static bool TryPin(int cpu, bool isLinux) => isLinux && cpu >= 0;
}
