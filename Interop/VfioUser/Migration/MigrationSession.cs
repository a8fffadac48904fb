using System.Buffers;
using NvmeDoorbell.Pci;
using NvmeDoorbell.VfioUser.Messages;

namespace NvmeDoorbell.VfioUser.Migration;

/// <summary>
/// A device's migration: its state, the way from one to another, and the data that is read or written meanwhile.
/// <code>
///              pause                save
///   RUNNING ──────────▶         ──────────▶ STOP_COPY
///           ◀────────── STOP    ◀──────────
///              resume    │ ▲        forget
///                  reset │ │ restore; what cannot be restored: ERROR, until a device reset
///                        ▼ │
///                      RESUMING
/// </code>
/// Other ways lead through STOP ("Complex State Transitions").
/// </summary>
/// <param name="function">The device.</param>
/// <param name="wait">Waits for a pause, and meanwhile takes what the client sends. False: it was not reached.</param>
/// <param name="onReplaced">The function's configuration is another now.</param>
internal sealed class MigrationSession(PciFunction function, Func<Task, bool> wait, Action onReplaced)
{
    // Far more than a device with all its queues has; what the client sends is kept until it says that it is all.
    private const int MaxStateBytes = 256 << 20;

    private ArrayBufferWriter<byte> _data = new();
    private int _taken;

    public MigrationState State { get; private set; } = MigrationState.Running;

    /// <summary>Goes to a state, and is there when this returns without an error.</summary>
    public Errno GoTo(MigrationState wanted)
    {
        if (wanted is MigrationState.Error or > MigrationState.Resuming || State == MigrationState.Error)
            return Errno.Invalid;
        if (wanted == State)
            return Errno.None;
        Errno error = State == MigrationState.Stop ? Errno.None : Stop();
        return error != Errno.None || wanted == MigrationState.Stop ? error : Leave(wanted);
    }

    /// <summary>A device reset has ended whatever there was.</summary>
    public void OnReset()
    {
        Clear();
        function.Controller.Resume();
        State = MigrationState.Running;
    }

    /// <summary>Takes the next data of a saved state; less than was asked for: that is the end.</summary>
    public bool TryRead(int lengthBytes, out ReadOnlySpan<byte> data)
    {
        data = default;
        if (State != MigrationState.StopCopy)
            return false;
        data = _data.WrittenSpan[_taken..];
        data = data[..Math.Min(lengthBytes, data.Length)];
        _taken += data.Length;
        return true;
    }

    /// <summary>Takes the next data of a state that is to be restored.</summary>
    public Errno Write(ReadOnlySpan<byte> data)
    {
        if (State != MigrationState.Resuming)
            return Errno.Invalid;
        if (data.Length > MaxStateBytes - _data.WrittenCount)
            return Errno.NoSpace;
        _data.Write(data);
        return Errno.None;
    }

    private Errno Stop()
    {
        Errno error = State switch
        {
            MigrationState.Running => Pause(),
            MigrationState.Resuming => Restore(),
            _ => Errno.None,
        };
        if (State != MigrationState.Running)
            Clear();
        if (error == Errno.None)
            State = MigrationState.Stop;
        return error;
    }

    private Errno Leave(MigrationState wanted)
    {
        try
        {
            switch (wanted)
            {
                case MigrationState.Running:
                    function.Controller.Resume();
                    break;
                case MigrationState.StopCopy:
                    function.Save(_data);
                    break;
                default:
                    function.Reset(); // state is restored to a device that is as it was made
                    onReplaced();
                    break;
            }
        }
        catch (Exception exception) when (exception is TimeoutException or InvalidOperationException)
        {
            Clear();
            return Errno.Busy;
        }
        State = wanted;
        return Errno.None;
    }

    private Errno Pause()
    {
        if (wait(function.Controller.PauseAsync()))
            return Errno.None;
        function.Controller.Resume();
        return Errno.Busy; // a disk keeps a request
    }

    private Errno Restore()
    {
        try
        {
            function.Restore(_data.WrittenSpan);
        }
        catch (Exception exception) when (exception is InvalidDataException or InvalidOperationException or TimeoutException)
        {
            State = MigrationState.Error;
            return Errno.Invalid;
        }
        onReplaced();
        return Errno.None;
    }

    private void Clear()
    {
        _data = new ArrayBufferWriter<byte>();
        _taken = 0;
    }
}
