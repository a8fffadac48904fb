namespace NvmeDoorbell.Tests;

/// <summary>Seeds of randomised tests: a new one each run, or the one in NVMEDB_SEED to replay a failure.</summary>
internal static class Seeds
{
    public static int Next()
    {
        int seed = int.TryParse(Environment.GetEnvironmentVariable("NVMEDB_SEED"), out int given)
            ? given
            : Random.Shared.Next();
        TestContext.Out.WriteLine($"seed {seed}; replay with NVMEDB_SEED={seed} ./build.sh test --filter " +
            TestContext.CurrentContext.Test.MethodName);
        return seed;
    }
}
