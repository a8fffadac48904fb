using System.Globalization;

namespace NvmeDoorbell.Tests;

/// <summary>The seed of a randomised test: another one each run, or the one that NVMEDB_SEED names.</summary>
internal static class Seed
{
    private const string Variable = "NVMEDB_SEED";

    public static int Next() =>
        Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } text
            ? int.Parse(text, CultureInfo.InvariantCulture)
            : Random.Shared.Next();

    /// <summary>For the message of a failure: the seed, and the command that runs the current test with it.</summary>
    public static string Replay(int seed) =>
        $"Seed {seed}. To replay: {Variable}={seed} ./build.sh test --filter " +
        $"FullyQualifiedName~{TestContext.CurrentContext.Test.MethodName}";
}
