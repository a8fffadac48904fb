namespace NvmeDoorbell.Tests.Architecture.Fixtures.High;

/// <summary>An interface of the high layer.</summary>
internal interface IHighLayer;
