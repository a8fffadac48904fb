namespace NvmeDoorbell.Tests.Fuzz.Bytes;

/// <summary>What an oracle has found to be wrong.</summary>
internal sealed class OracleException(string message) : Exception(message);
