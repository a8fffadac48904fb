namespace NvmeDoorbell.Tests.Architecture.Fixtures.High;

/// <summary>An attribute of the high layer.</summary>
[AttributeUsage(AttributeTargets.All)]
internal sealed class HighLayerAttribute : Attribute;
