using NvmeDoorbell.Tests.Fuzz.Bytes;

namespace NvmeDoorbell.Tests.Fuzz.Feedback;

/// <summary>
/// A parser with a defect behind five right bytes: without feedback it takes 2^40 inputs to find, with it some thousands.
/// </summary>
internal sealed class PlantedTarget : ByteTarget
{
    private static readonly byte[] Secret = "bells"u8.ToArray();

    public override int MaxBytes => 8;

    public override int Run(ReadOnlySpan<byte> input)
    {
        int right = 0;
        while (right < Secret.Length && right < input.Length)
        {
            // A branch for each place, so that each right byte is something new.
            bool isRight = right switch
            {
                0 => input[0] == Secret[0],
                1 => input[1] == Secret[1],
                2 => input[2] == Secret[2],
                3 => input[3] == Secret[3],
                _ => input[4] == Secret[4],
            };
            if (!isRight)
                return 1;
            right++;
        }
        return right < Secret.Length ? 1 : throw new OracleException("planted: the secret has been found");
    }

    public override void Dispose()
    {
    }
}
