using NvmeDoorbell.Spec;

namespace NvmeDoorbell.Controller;

/// <summary>
/// The controller registers (NVMe Base 3.1.3). CC is the guest's wish, CSTS is what is: the admin task reads the one
/// (<see cref="GetWish"/>) and publishes the other. No access waits for the device.
/// </summary>
/// <remarks>
/// Writes and the admin task's steps serialise on one lock. Reads take it as well, but for CSTS: 64-bit registers are
/// then read whole, and a guest that polls CSTS contends with nobody.
/// </remarks>
internal sealed class RegisterFile
{
    // CC.CRIME is read-only zero: CAP.CRMS offers Controller Ready With Media alone.
    public const uint WritableConfiguration = ControllerConfiguration.DefinedBits & ~(1u << 24);

    // What a guest may change while enabled: SHN, IOSQES, IOCQES.
    private const uint ChangeableWhileEnabled = 0x00FF_C000;

    private const ulong QueueAddressBits = ~0xFFFul;

    private readonly Lock _lock = new();
    private readonly ulong _capabilities;
    private readonly uint _readyTimeouts;
    private ControllerConfiguration _configuration;
    private AdminQueueAttributes _adminQueueAttributes;
    private ulong _adminSubmissionQueue;
    private ulong _adminCompletionQueue;
    private ulong _requestedResets;
    private ulong _finishedResets;
    private uint _status;
    private bool _isClosed;

    public RegisterFile(ControllerCapabilities capabilities)
    {
        _capabilities = capabilities.Value;
        _readyTimeouts = capabilities.Timeout; // CRTO.CRWMT, in the units of CAP.TO
    }

    /// <summary>CAP.NSSRS: the guest may reset the subsystem.</summary>
    public bool OffersSubsystemReset => new ControllerCapabilities(_capabilities).SubsystemResetSupported;

    /// <summary>CSTS as the guest reads it.</summary>
    public ControllerStatus Status => new(Volatile.Read(ref _status));

    /// <summary>How many resets have been finished; see <see cref="StartReset"/>.</summary>
    public ulong FinishedResets => Volatile.Read(ref _finishedResets);

    /// <summary>What the guest wants now.</summary>
    public ControllerWish GetWish()
    {
        lock (_lock)
        {
            return new ControllerWish(
                _configuration,
                _adminQueueAttributes,
                _adminSubmissionQueue,
                _adminCompletionQueue,
                IsResetWanted: _requestedResets != _finishedResets);
        }
    }

    /// <summary>The aligned dword at an offset below 1000h; 0 where there is no register.</summary>
    public uint ReadDword(ulong offset, uint interruptMask)
    {
        if (offset == RegisterOffset.ControllerStatus)
            return Volatile.Read(ref _status);
        lock (_lock)
        {
            return offset switch
            {
                RegisterOffset.Capabilities => (uint)_capabilities,
                RegisterOffset.Capabilities + 4 => (uint)(_capabilities >> 32),
                RegisterOffset.Version => NvmeVersion.V20,
                RegisterOffset.InterruptMaskSet or RegisterOffset.InterruptMaskClear => interruptMask,
                RegisterOffset.ControllerConfiguration => _configuration.Value,
                RegisterOffset.AdminQueueAttributes => _adminQueueAttributes.Value,
                RegisterOffset.AdminSubmissionQueue => (uint)_adminSubmissionQueue,
                RegisterOffset.AdminSubmissionQueue + 4 => (uint)(_adminSubmissionQueue >> 32),
                RegisterOffset.AdminCompletionQueue => (uint)_adminCompletionQueue,
                RegisterOffset.AdminCompletionQueue + 4 => (uint)(_adminCompletionQueue >> 32),
                RegisterOffset.ReadyTimeouts => _readyTimeouts,
                _ => 0,
            };
        }
    }

    /// <summary>
    /// Both halves of the 64-bit register, or the two registers, at an offset that is a multiple of 8.
    /// </summary>
    public ulong ReadQword(ulong offset, uint interruptMask)
    {
        lock (_lock)
            return ReadDword(offset, interruptMask) | (ulong)ReadDword(offset + 4, interruptMask) << 32;
    }

    /// <summary>Writes an aligned dword below 1000h; read-only and absent registers ignore it.</summary>
    /// <returns>Whether the admin task has something to look at.</returns>
    public bool WriteDword(ulong offset, uint value)
    {
        lock (_lock)
        {
            if (_isClosed)
                return false;
            if (offset == RegisterOffset.ControllerConfiguration)
                return WriteConfiguration(value);
            if (offset == RegisterOffset.ControllerStatus)
                ClearStatus(new ControllerStatus(value));
            if (_configuration.Enable)
                return false; // the admin queue is not moved under a live controller
            switch (offset)
            {
                case RegisterOffset.AdminQueueAttributes:
                    _adminQueueAttributes = new AdminQueueAttributes(value & AdminQueueAttributes.DefinedBits);
                    break;
                case RegisterOffset.AdminSubmissionQueue:
                    _adminSubmissionQueue = WithLow(_adminSubmissionQueue, value) & QueueAddressBits;
                    break;
                case RegisterOffset.AdminSubmissionQueue + 4:
                    _adminSubmissionQueue = WithHigh(_adminSubmissionQueue, value);
                    break;
                case RegisterOffset.AdminCompletionQueue:
                    _adminCompletionQueue = WithLow(_adminCompletionQueue, value) & QueueAddressBits;
                    break;
                case RegisterOffset.AdminCompletionQueue + 4:
                    _adminCompletionQueue = WithHigh(_adminCompletionQueue, value);
                    break;
            }
            return false;
        }
    }

    /// <summary>Writes both halves of a 64-bit register, or two registers, in one step.</summary>
    public bool WriteQword(ulong offset, ulong value)
    {
        lock (_lock)
            return WriteDword(offset, (uint)value) | WriteDword(offset + 4, (uint)(value >> 32));
    }

    /// <summary>
    /// A function level reset, the embedder's, or the subsystem's: registers as after creation, and a reset wanted.
    /// </summary>
    /// <param name="ofSubsystem">CSTS.NSSRO says so from now on, if the controller offers such a reset.</param>
    /// <returns>What <see cref="FinishedResets"/> reaches when it is done.</returns>
    public ulong StartReset(bool ofSubsystem = false)
    {
        lock (_lock)
        {
            if (ofSubsystem && OffersSubsystemReset)
                Volatile.Write(ref _status, (new ControllerStatus(_status) with { SubsystemResetOccurred = true }).Value);
            _configuration = default;
            _adminQueueAttributes = default;
            _adminSubmissionQueue = 0;
            _adminCompletionQueue = 0;
            return ++_requestedResets;
        }
    }

    /// <summary>What they hold. False: a reset is wanted, which changes them.</summary>
    public bool TryGetValues(out RegisterValues values)
    {
        lock (_lock)
        {
            values = new RegisterValues(
                _configuration,
                _adminQueueAttributes,
                _adminSubmissionQueue,
                _adminCompletionQueue,
                new ControllerStatus(_status));
            return _requestedResets == _finishedResets;
        }
    }

    /// <summary>Takes over what another controller's registers hold. False: this one is enabled, or is being reset.</summary>
    public bool TryRestore(in RegisterValues values)
    {
        lock (_lock)
        {
            if (_isClosed || _configuration.Enable || Status.Ready || _requestedResets != _finishedResets)
                return false;
            _configuration = values.Configuration;
            _adminQueueAttributes = values.AdminQueueAttributes;
            _adminSubmissionQueue = values.AdminSubmissionQueue;
            _adminCompletionQueue = values.AdminCompletionQueue;
            Volatile.Write(ref _status, values.Status.Value);
            return true;
        }
    }

    /// <summary>The controller ends, or has ended.</summary>
    public bool IsClosed
    {
        get
        {
            lock (_lock)
                return _isClosed;
        }
    }

    /// <summary>The controller ends: a last reset, and nothing a guest writes brings it back.</summary>
    public void Close()
    {
        lock (_lock)
            _isClosed = true;
    }

    /// <summary>
    /// The admin task has torn everything down: CSTS is 0 but for NSSRO, which is the guest's to clear, and every reset
    /// that was wanted by now is done, since nothing was alive that a later one of them could have been meant for.
    /// </summary>
    public void FinishReset()
    {
        lock (_lock)
        {
            bool isOfSubsystem = new ControllerStatus(_status).SubsystemResetOccurred;
            Volatile.Write(ref _status, new ControllerStatus { SubsystemResetOccurred = isOfSubsystem }.Value);
            Volatile.Write(ref _finishedResets, _requestedResets);
        }
    }

    /// <summary>The admin queue is up. False: a reset is wanted by now, and Ready stays 0.</summary>
    public bool TrySetReady() => TryChange(status => status with { Ready = true });

    /// <summary>Controller Fatal Status, until the next reset.</summary>
    public void SetFatal() => TryChange(status => status with { FatalStatus = true });

    /// <summary>Publishes how far a shutdown has come.</summary>
    public void SetShutdown(ShutdownStatus shutdown) => TryChange(status => status with { ShutdownStatus = shutdown });

    private bool TryChange(Func<ControllerStatus, ControllerStatus> change)
    {
        lock (_lock)
        {
            if (_requestedResets != _finishedResets)
                return false;
            Volatile.Write(ref _status, change(new ControllerStatus(_status)).Value);
            return true;
        }
    }

    private void ClearStatus(ControllerStatus ones)
    {
        if (ones.SubsystemResetOccurred)
            Volatile.Write(ref _status, (new ControllerStatus(_status) with { SubsystemResetOccurred = false }).Value);
    }

    private bool WriteConfiguration(uint value)
    {
        ControllerConfiguration old = _configuration;
        var wanted = new ControllerConfiguration(value & WritableConfiguration);
        if (old.Enable && wanted.Enable)
        {
            wanted = new ControllerConfiguration(
                old.Value & ~ChangeableWhileEnabled | wanted.Value & ChangeableWhileEnabled);
        }
        _configuration = wanted;
        if (old.Enable && !wanted.Enable)
        {
            _requestedResets++;
        }
        else if (!old.Enable && wanted.Enable && _requestedResets != _finishedResets)
        {
            // Enabled again before the reset is through: the Ready that is still up belongs to the time before it,
            // and a guest that now waits for Ready must not take it for the new one.
            Volatile.Write(ref _status, (new ControllerStatus(_status) with { Ready = false }).Value);
        }
        return wanted != old;
    }

    private static ulong WithLow(ulong register, uint value) => register & 0xFFFF_FFFF_0000_0000 | value;

    private static ulong WithHigh(ulong register, uint value) => register & 0xFFFF_FFFF | (ulong)value << 32;
}
