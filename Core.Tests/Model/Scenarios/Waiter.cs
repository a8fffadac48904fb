using System.Runtime.CompilerServices;
using NvmeDoorbell.Doorbells;
using NvmeDoorbell.Model.Engine;
using IDoorbellWait = System.Threading.Tasks.Sources.IValueTaskSource<NvmeDoorbell.Doorbells.DoorbellChange>;

namespace NvmeDoorbell.Model.Scenarios;

/// <summary>Waits some times in a row, the first time with a token, and notes how each wait ends.</summary>
internal sealed class Waiter(World world, DoorbellState state)
{
    private ValueTaskAwaiter<DoorbellChange> _awaiter;
    private int _begun;

    public int Waits { get; init; }

    public bool UsesStaleTokens { get; init; }

    public List<string> Ends { get; } = [];

    public void Begin(CancellationToken token)
    {
        while (_begun < Waits)
        {
            _begun++;
            ValueTask<DoorbellChange> wait = state.WaitAsync(token);
            token = default;
            _awaiter = wait.GetAwaiter();
            if (UsesStaleTokens && Core(state).Version != 0)
                UseStaleToken();
            if (!_awaiter.IsCompleted)
            {
                _awaiter.UnsafeOnCompleted(OnEnd);
                return;
            }

            End();
        }
    }

    public override string ToString() => Ends.Count == 0 ? "not at all" : string.Join(", ", Ends);

    private void OnEnd()
    {
        End();
        Begin(default);
    }

    private void End()
    {
        string end;
        try
        {
            DoorbellChange change = _awaiter.GetResult();
            end = change.Outcome == DoorbellPoll.Ready ? $"Ready {change.Value}" : $"{change.Outcome}";
        }
        catch (OperationCanceledException)
        {
            end = "Cancelled";
        }

        Ends.Add(end);
        world.Check(Ends.Count <= _begun, $"a wait ended twice: {this}");
    }

    /// <summary>Takes the result of the wait before this one: refused, and this one is not disturbed.</summary>
    private void UseStaleToken()
    {
        bool isRefused = false;
        try
        {
            ((IDoorbellWait)state).GetResult((short)(Core(state).Version - 1));
        }
        catch (InvalidOperationException)
        {
            isRefused = true;
        }

        world.Check(isRefused, "a stale token was taken");
    }

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_core")]
    private static extern ref ManualResetValueTaskSourceCore<DoorbellChange> Core(DoorbellState state);
}
