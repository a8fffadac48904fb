using NvmeDoorbell.Doorbells;
using NvmeDoorbell.Spec;

namespace NvmeDoorbell.Controller;

/// <content>The controller as saved state: saved when it is still, restored where it has not been enabled.</content>
internal sealed partial class AdminTask
{
    private const int MaxEnded = 65536;

    /// <summary>Saves everything. On a turn, still.</summary>
    /// <returns>False: a reset has come, which goes first.</returns>
    public bool TrySave(StateWriter writer)
    {
        if (!_context.Registers.TryGetValues(out RegisterValues registers))
            return false;
        ConfigurationState.Save(writer, _context);
        writer.BeginSection(StateSection.Registers);
        writer.Write((byte)_phase);
        registers.Save(writer);
        writer.Write(_context.Interrupts.Mask);
        writer.EndSection();
        SaveAdmin(writer);
        _queues.Save(writer);
        SaveShadow(writer);
        _features.Save(writer);
        LogsState.Save(writer, _context, _queues);
        _selfTest.Save(writer);
        _context.Subsystem.Save(writer, _context.Member);
        return true;
    }

    /// <summary>Reads everything, and changes nothing. Any thread.</summary>
    /// <returns>Takes it over. On a turn, still. False: the controller is not as it was made.</returns>
    /// <exception cref="InvalidDataException">It is damaged, or does not fit this controller.</exception>
    public Func<bool> Read(in StateFile file)
    {
        ConfigurationState.Check(file.Read(StateSection.Configuration), _context);
        (ControllerPhase phase, RegisterValues registers, uint mask) = ReadRegisters(file.Read(StateSection.Registers));
        bool isEnabled = phase == ControllerPhase.Enabled;
        NamespacesState namespaces = NamespacesState.Read(
            file.Read(StateSection.Namespaces), _context.Subsystem, _context.Member);
        Action admin = ReadAdmin(file.Read(StateSection.Admin), registers, isEnabled, namespaces);
        Action queues = _queues.Read(file.Read(StateSection.Queues), isEnabled);
        Action shadow = ReadShadow(file.Read(StateSection.ShadowDoorbells), isEnabled);
        Action features = _features.Read(file.Read(StateSection.Features));
        Action logs = LogsState.Read(file.Read(StateSection.Logs), _context, _queues);
        Action selfTest = _selfTest.Read(file.Read(StateSection.SelfTest), namespaces);
        return () =>
        {
            if (_phase != ControllerPhase.Disabled || !_context.Registers.TryRestore(registers))
                return false;
            SetPhase(phase);
            _shutdown = registers.Status.ShutdownStatus;
            _enabling++;
            _queues.SetMechanism(registers.Configuration.ArbitrationMechanism);
            _context.Interrupts.ClearMask(uint.MaxValue);
            _context.Interrupts.SetMask(mask);
            features();
            shadow();
            admin();
            _context.Subsystem.Restore(_context.Member, namespaces);
            queues();
            logs();
            selfTest();
            PauseTasks();
            return true;
        };
    }

    private static (ControllerPhase Phase, RegisterValues Registers, uint Mask) ReadRegisters(StateReader reader)
    {
        var phase = (ControllerPhase)reader.ReadByte();
        RegisterValues registers = RegisterValues.Read(ref reader);
        uint mask = reader.ReadUInt32();
        reader.End();
        ControllerStatus status = registers.Status;
        bool isRight = phase switch
        {
            ControllerPhase.Disabled => !status.Ready && !status.FatalStatus,
            ControllerPhase.Enabled => status.Ready && !status.FatalStatus && registers.Configuration.Enable
                && HasGoodFields(registers.Configuration, registers.AdminQueueAttributes),
            ControllerPhase.Failed => !status.Ready && status.FatalStatus && registers.Configuration.Enable,
            _ => false,
        };
        reader.Require(isRight, "CC and CSTS say what no controller says");
        return (phase, registers, mask);
    }

    private void SaveAdmin(StateWriter writer)
    {
        writer.BeginSection(StateSection.Admin);
        if (_phase == ControllerPhase.Enabled)
        {
            DoorbellPositionState.Save(writer, _submissions.Doorbell.Position);
            writer.Write((uint)_submissions.Head);
            writer.Write((uint)_submissions.Tail);
            DoorbellPositionState.Save(writer, _completions.Doorbell.Position);
            writer.Write((uint)_completions.Head);
            writer.Write((uint)_completions.Tail);
            writer.Write((byte)_completions.Phase);
            writer.WriteCount(_ended.Count);
            foreach (AdminCommand command in _ended)
                command.Save(writer);
            _format.Save(writer, _enabling);
        }
        _events.Save(writer);
        writer.EndSection();
    }

    private Action ReadAdmin(
        StateReader reader, RegisterValues registers, bool isEnabled, NamespacesState namespaces)
    {
        Action<ulong>? queues = isEnabled ? ReadAdminQueue(ref reader, registers) : null;
        Func<ulong, int>? formats = isEnabled ? _format.Read(ref reader, namespaces) : null;
        Func<ulong, int> events = _events.Read(ref reader);
        reader.End();
        return () =>
        {
            queues?.Invoke(_enabling);
            _underWay = events(_enabling) + (formats?.Invoke(_enabling) ?? 0);
        };
    }

    private Action<ulong> ReadAdminQueue(ref StateReader reader, RegisterValues registers)
    {
        uint submissionEntries = registers.AdminQueueAttributes.SubmissionQueueSize + 1u;
        uint completionEntries = registers.AdminQueueAttributes.CompletionQueueSize + 1u;
        DoorbellPosition tailDoorbell = DoorbellPositionState.Read(ref reader);
        uint submissionHead = reader.ReadUInt32();
        uint submissionTail = reader.ReadUInt32();
        DoorbellPosition headDoorbell = DoorbellPositionState.Read(ref reader);
        uint completionHead = reader.ReadUInt32();
        uint completionTail = reader.ReadUInt32();
        uint phase = reader.ReadByte();
        reader.Require(
            submissionHead < submissionEntries && submissionTail < submissionEntries
                && completionHead < completionEntries && completionTail < completionEntries && phase <= 1,
            "the admin queue's heads, tails and phase are not those of a queue");
        AdminCommand[] ended = AdminCommand.ReadAll(ref reader, MaxEnded);
        return enabling =>
        {
            OpenQueues(registers.AsWish(), tailDoorbell, headDoorbell);
            _submissions.StartAt(submissionHead, submissionTail);
            _completions.StartAt(completionHead, completionTail, phase);
            _posted = _completions.IsEmpty ? 0 : 1; // as in I/O queues: once more does no harm
            foreach (AdminCommand command in ended)
                _ended.Enqueue(command);
        };
    }

    private void SaveShadow(StateWriter writer)
    {
        writer.BeginSection(StateSection.ShadowDoorbells);
        (ulong Shadow, ulong EventIdx)? pages = _context.Doorbells.ShadowPages;
        writer.Write(pages is not null);
        writer.Write(pages.GetValueOrDefault().Shadow);
        writer.Write(pages.GetValueOrDefault().EventIdx);
        writer.EndSection();
    }

    private Action ReadShadow(StateReader reader, bool isEnabled)
    {
        bool hasPages = reader.ReadBoolean();
        ulong shadow = reader.ReadUInt64();
        ulong eventIdx = reader.ReadUInt64();
        reader.End();
        reader.Require(
            !hasPages || (isEnabled && _context.Options.OffersShadowDoorbells && shadow != eventIdx
                && ((shadow | eventIdx) & (Memory.GuestMemory.PageBytes - 1)) == 0),
            "the pages of shadow doorbells are none that can be");
        return () =>
        {
            if (hasPages)
                _context.Doorbells.PrepareShadow(_context.Options.Memory, shadow, eventIdx);
        };
    }
}
