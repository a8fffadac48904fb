using NvmeDoorbell.Doorbells;
using NvmeDoorbell.VfioUser.Messages;
using NvmeDoorbell.VfioUser.Regions;

namespace NvmeDoorbell.VfioUser.Session;

/// <content>
/// Doing the work of a doorbell that has come as a message: the reactor sleeps, so this thread runs its turns, and one
/// thread less is to be woken on the way of a command. What a turn reads of memory that is not mapped comes by this thread
/// as well, which receives in the middle of the turn.
/// </content>
internal sealed partial class ClientSession
{
    // A turn that waits for a reply is let go after this time when a command has come that may wait for the turn.
    private const int TurnPatienceMs = 100;

    private readonly Func<bool> _isWanted;

    /// <summary>
    /// The reactor whose place this thread has taken for the doorbell that has come; null: its own thread does the work.
    /// </summary>
    /// <remarks>
    /// With several reactors it is not known which of them is to be woken. With the pin, a level that goes up again at
    /// once meets a client that has not told the guest of the first one yet, and interrupts without a cause follow.
    /// </remarks>
    private Reactor? TakeOver() =>
        _device is { IsSharingKnown: true, Function.IsMsixEnabled: true } && _model.Reactors is [Reactor reactor]
        && RegionCommands.IsDoorbell(_message) && reactor.TryTakeOver()
            ? reactor
            : null;

    private bool AnswerAndServe(Reactor reactor)
    {
        _hasEnded |= !Answer();
        reactor.HandBack(_isWanted);
        _device!.Messages.Allow(); // a turn may have been let go
        return !_hasEnded;
    }

    /// <summary>
    /// Serves the client while a turn that runs here waits for a reply. Of commands only accesses to BAR0 are executed;
    /// others, which may wait for the reactor, are kept for later.
    /// </summary>
    /// <returns>False: the turn is to go on without the reply.</returns>
    private bool ServeInTurn()
    {
        if (_deferred.Count > 0 && !_stream.CanReceive(TurnPatienceMs))
        {
            _device!.Messages.Refuse();
            return false;
        }
        if (_hasEnded)
            return false;
        if (_deferred.Count > 0)
        {
            _hasEnded = !ReceiveAhead();
        }
        else if (!Receive())
        {
            _hasEnded = true;
        }
        else if (_message.Header.IsCommand && !RegionCommands.IsBar0Access(_message))
        {
            _deferred.Enqueue(_message);
            _message = new Message();
        }
        else
        {
            _hasEnded = !Answer();
        }
        return !_hasEnded;
    }
}
