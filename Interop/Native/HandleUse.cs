using System.Diagnostics.CodeAnalysis;

namespace NvmeDoorbell.Interop.Native;

/// <summary>One call's stay inside an object: leaves it when disposed.</summary>
internal readonly ref struct HandleUse<T>(T? target, int status)
    where T : NativeObject
{
    /// <summary>Why there is no target; Ok when there is one.</summary>
    public int Status => status;

    /// <summary>The object, if the handle was good.</summary>
    public bool TryGet([NotNullWhen(true)] out T? value)
    {
        value = target;
        return target is not null;
    }

    public void Dispose() => target?.Leave();
}
