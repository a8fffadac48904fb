using System.Runtime.CompilerServices;
using NvmeDoorbell.Doorbells;
using NvmeDoorbell.Model.Engine;

namespace NvmeDoorbell.Model.Scenarios;

/// <summary>Waits some times in a row, the first time with a token, and notes how each wait ends.</summary>
internal sealed class Waiter(World world, DoorbellState state)
{
    private ValueTaskAwaiter<DoorbellChange> _awaiter;
    private ValueTask<DoorbellChange>? _stale;
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
            if (!_awaiter.IsCompleted)
            {
                // Only of a wait that was not over at once is it known that it has a token.
                if (UsesStaleTokens && _stale is { } stale)
                    UseStaleToken(stale);
                _stale = wait;
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

    /// <summary>Takes the result of the wait before this one: refused, and this one is not disturbed, nor taken for ended.</summary>
    private void UseStaleToken(ValueTask<DoorbellChange> stale)
    {
        bool isRefused = false;
        try
        {
            stale.GetAwaiter().GetResult();
        }
        catch (InvalidOperationException)
        {
            isRefused = true;
        }

        world.Check(isRefused, "a stale token was taken");
        isRefused = false;
        try
        {
            _ = state.WaitAsync();
        }
        catch (InvalidOperationException)
        {
            isRefused = true;
        }

        world.Check(isRefused, "a second wait began while the first one went on");
    }
}
