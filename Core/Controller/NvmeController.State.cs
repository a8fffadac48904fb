using System.Buffers;
using System.Runtime.ExceptionServices;

namespace NvmeDoorbell.Controller;

/// <content>
/// Save and restore: a paused controller as bytes, from which another one goes on, in another process too.
/// </content>
public sealed partial class NvmeController
{
    /// <summary>The version of the bytes that <see cref="Save"/> writes, and the only one that is restored.</summary>
    public const int StateVersion = (int)StateFile.Version;

    /// <summary>
    /// Writes the state of the paused controller: registers, queues with their doorbells, features, events that wait, logs
    /// and counters, self-tests, and what its namespaces keep beside the content of their disks. What a guest has in its
    /// RAM, queues and shadow doorbells too, moves with that.
    /// </summary>
    /// <remarks>
    /// The guest's processors stand still from before this until another controller has gone on: what they write to
    /// registers later is not in the state. The format is in docs/migration.md.
    /// </remarks>
    /// <param name="target">Receives some KiB, and 110 bytes for each queue pair.</param>
    /// <exception cref="InvalidOperationException">The controller, or another one of its subsystem, is not paused; or
    /// called from a reactor's own thread.</exception>
    /// <exception cref="ObjectDisposedException">The controller has been disposed.</exception>
    public void Save(IBufferWriter<byte> target)
    {
        ArgumentNullException.ThrowIfNull(target);
        StateFile.Write(GetState(), target);
    }

    /// <summary>
    /// Goes on where another controller has been saved, that was made of the same: options, and namespaces with the same
    /// identifiers, lengths and content. This one has not been enabled. It is paused when the call returns:
    /// <see cref="Resume"/> lets it go on, once the guest's RAM is there.
    /// </summary>
    /// <remarks>
    /// The bytes may come from anywhere. They are checked whole before anything is changed.
    /// </remarks>
    /// <param name="state">What <see cref="Save"/> has written.</param>
    /// <exception cref="InvalidDataException">The bytes are damaged, of another version, or of a controller that this one
    /// is not made like; the message says what. Nothing has changed.</exception>
    /// <exception cref="InvalidOperationException">The controller is enabled, or another one of its subsystem is not
    /// paused; or called from a reactor's own thread.</exception>
    /// <exception cref="ObjectDisposedException">The controller has been disposed.</exception>
    public void Restore(ReadOnlySpan<byte> state)
    {
        var file = new StateFile(state);
        if (file.Has(StateSection.Pci))
            throw new InvalidDataException("The state is that of a PCI function, and is restored by one.");
        Restore(file);
    }

    /// <summary>The sections of the state, for who adds one.</summary>
    internal StateWriter GetState()
    {
        ReactorWait.ThrowIfOn(Options.Reactors);
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _isDisposed) != 0, this);
        while (true)
        {
            StateWriter writer = new();
            bool isSaved = false;
            if (!RunWhenStill(() =>
            {
                if (!Subsystem.IsHolding)
                    throw new InvalidOperationException("Another controller of the subsystem is not paused.");
                isSaved = _admin.TrySave(writer);
            }))
            {
                throw new InvalidOperationException("The controller is not paused.");
            }
            if (isSaved)
                return writer;
        }
    }

    /// <exception cref="InvalidDataException">The state is of a controller that is made of something else.</exception>
    internal void CheckConfiguration(in StateFile file) =>
        ConfigurationState.Check(file.Read(StateSection.Configuration), _context);

    internal void Restore(in StateFile file)
    {
        ReactorWait.ThrowIfOn(Options.Reactors);
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _isDisposed) != 0, this);
        Func<bool> restore = _admin.Read(file);
        bool wasPaused = IsPaused;
        bool isRestored = false;
        Pause();
        try
        {
            RunWhenStill(() => isRestored = Subsystem.IsHolding
                ? restore()
                : throw new InvalidOperationException("Another controller of the subsystem is not paused."));
            if (!isRestored)
                throw new InvalidOperationException("The controller has been enabled: state is restored to a new one.");
            RunWhenStill(static () => { }); // the queues' tasks have taken over what is theirs
        }
        finally
        {
            if (!isRestored && !wasPaused)
                Resume();
        }
    }

    /// <summary>Runs something on the admin task's turn, where the controller is still, and returns when it has run.</summary>
    /// <returns>False: the controller is not paused.</returns>
    private bool RunWhenStill(Action run)
    {
        var done = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        _admin.PostWhenStill(isStill =>
        {
            try
            {
                if (isStill)
                    run();
                done.SetResult(isStill);
            }
            catch (Exception exception)
            {
                done.SetException(exception); // it is the caller's
            }
        });
        ReactorWait.Until(Options.Reactors, () => done.Task.IsCompleted, "A reactor has not come to it.");
        if (done.Task.Exception is { InnerException: { } thrown })
            ExceptionDispatchInfo.Throw(thrown);
        return done.Task.Result;
    }
}
