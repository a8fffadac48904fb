namespace NvmeDoorbell.Tests.Architecture.Fixtures.High;

/// <summary>What the offenders of the low layer must not refer to.</summary>
internal class HighLayerType : Exception, IHighLayer
{
    public const int Number = 1;

    public static HighLayerType Make() => new();

    public static T Pass<T>(T value) => value;
}
