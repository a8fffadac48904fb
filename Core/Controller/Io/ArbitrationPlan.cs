namespace NvmeDoorbell.Controller;

/// <summary>
/// How the commands of several submission queues take turns: Arbitration (feature 01h) and CC.AMS. NVMe Base 2.0,
/// "Command Arbitration". Never changes; a new one takes its place.
/// </summary>
internal sealed class ArbitrationPlan
{
    /// <summary>The most commands of one task in a turn of its reactor.</summary>
    public const int TurnCommands = 64;

    /// <summary>Classes that have a weight: high, medium, low.</summary>
    public const int WeightedClasses = 3;

    private const int NoLimit = 7;

    private readonly int[] _shares = new int[WeightedClasses];

    /// <param name="feature">AB in bits 2:0, LPW in 15:8, MPW in 23:16, HPW in 31:24; weights are 0's based.</param>
    /// <param name="isWeighted">Weighted round robin with urgent class, else round robin.</param>
    public ArbitrationPlan(uint feature, bool isWeighted)
    {
        int burst = (int)(feature & 7);
        BurstCommands = burst == NoLimit ? TurnCommands : 1 << burst;
        IsWeighted = isWeighted;
        int high = (int)(feature >> 24) + 1;
        int medium = (int)(feature >> 16 & 0xFF) + 1;
        int low = (int)(feature >> 8 & 0xFF) + 1;
        // A round is a turn, as far as the weights let it: what is in proportion may be a multiple.
        int scale = Math.Max(1, TurnCommands / (high + medium + low));
        _shares[0] = high * scale;
        _shares[1] = medium * scale;
        _shares[2] = low * scale;
    }

    /// <summary>Arbitration Burst: commands of one queue before the next one's turn.</summary>
    public int BurstCommands { get; }

    /// <summary>Queues have classes.</summary>
    public bool IsWeighted { get; }

    /// <summary>Commands of the classes high, medium and low in one round.</summary>
    public ReadOnlySpan<int> Shares => _shares;
}
