namespace NvmeDoorbell.Model.Mutants;

/// <summary>A mutant that cannot be made: the source has changed, and the table has not.</summary>
internal sealed class MutantException(string message) : Exception(message);
