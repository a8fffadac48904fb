using NvmeDoorbell.Tests.Architecture.Fixtures.High;

#pragma warning disable CA1812, CA1823, CS0169, CS0649, IDE0044, IDE0051 // never used: only their references matter

namespace NvmeDoorbell.Tests.Architecture.Fixtures.Low;

// Each refers to a type of the high layer in one way only.

internal sealed class AsABase : HighLayerType;

internal sealed class AsAnInterface : IHighLayer;

[HighLayer]
internal sealed class AsAnAttribute;

internal sealed class AsAField
{
    private HighLayerType? _field;
}

internal sealed class AsATypeArgument
{
    private List<Dictionary<int, HighLayerType[]>>? _field;
}

internal sealed class AsAParameter
{
    public static void Take(ref HighLayerType? _) { }
}

internal sealed class AsAConstraint<T> where T : HighLayerType;

internal sealed class AsAProperty
{
    public static HighLayerType? Value => null;
}

internal sealed class InABody
{
    public static object Call() => HighLayerType.Make();
}

internal sealed class InALambda
{
    public static Func<object> Call() => () => new HighLayerType();
}

internal sealed class InAnAsyncMethod
{
    public static async Task<object> Call()
    {
        await Task.Yield();
        return HighLayerType.Make();
    }
}

internal sealed class InATypeOf
{
    public static string Name() => typeof(HighLayerType).Name;
}

internal sealed class InACatch
{
    public static void Call()
    {
        try
        {
            GC.KeepAlive(null);
        }
        catch (HighLayerType)
        {
        }
    }
}

internal sealed class InASwitch
{
    public static int Call(object value, int number)
    {
        string text = number switch { 0 => "a", 1 => "b", 2 => "c", 3 => "d", _ => "e" };
        return value is HighLayerType ? text.Length : number;
    }
}
