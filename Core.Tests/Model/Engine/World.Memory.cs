using System.Runtime.CompilerServices;

namespace NvmeDoorbell.Model.Engine;

/// <summary>Loads, stores and interlocked operations.</summary>
internal sealed unsafe partial class World
{
    private const ulong StoreMark = 0x53;
    private const int FirstAddress = 0x1000;

    /// <summary>Reads a cell of 1, 2, 4 or 8 bytes.</summary>
    public ulong Load(nint address, int lengthBytes, Site site, bool isReference = false)
    {
        if (_running is not { } thread)
            return IsIdle ? 0 : Raw(address, lengthBytes);
        int cell = Begin(thread, address, writes: false, out bool isVisible);
        if (isVisible)
            Point(thread, PendingStep.Access, site);
        Touch(thread, address);
        int own = thread.Stores.FindYoungest(address);
        ulong bits = own >= 0 ? thread.Stores[own].Bits : Raw(address, lengthBytes);
        ulong tag = own >= 0 ? thread.Stores[own].Tag : TagOf(cell, bits, isReference);
        thread.Observe(tag);
        thread.See(address, lengthBytes, bits);
        Trace?.Load(thread, address, lengthBytes, bits, own >= 0, site);
        return bits;
    }

    /// <summary>Stores to a cell; others see it at once or, with store buffers, later.</summary>
    public void Store(nint address, int lengthBytes, ulong bits, bool isRelease, Site site, bool isReference = false)
    {
        if (_running is not { } thread)
        {
            if (!IsIdle)
                SetRaw(address, lengthBytes, bits, isReference);
            return;
        }

        int cell = Begin(thread, address, writes: true, out bool isVisible);
        if (!isVisible || Order == MemoryOrder.Sequential)
        {
            if (isVisible)
                Point(thread, PendingStep.Access, site);
            Touch(thread, address);
            thread.Observe(StoreMark);
            Trace?.Store(thread, address, lengthBytes, bits, isPending: false, site);
            if (isVisible)
                Write(cell, address, lengthBytes, bits, TagFor(thread, bits, isReference), isReference);
            else
                SetRaw(address, lengthBytes, bits, isReference);
            return;
        }

        // Nobody sees the store begin: it is no point of choice. For a process-wide barrier, which waits for stores that have
        // begun before it, see ProcessWideBarrier.
        Touch(thread, address);
        thread.Observe(StoreMark);
        ref PendingStore entry = ref thread.Stores.Append();
        entry.Address = address;
        entry.Cell = cell;
        entry.LengthBytes = lengthBytes;
        entry.Bits = bits;
        entry.IsReference = isReference;
        entry.IsRelease = isRelease;
        entry.Tag = TagFor(thread, bits, isReference);
        entry.Site = site;
        Trace?.Store(thread, address, lengthBytes, bits, isPending: true, site);
    }

    /// <summary>An interlocked operation: one step, and a full fence. Returns what was there.</summary>
    public ulong Modify(Modification kind, nint address, int lengthBytes, ulong operand, ulong comparand, Site site,
        bool isReference = false)
    {
        if (_running is not { } thread)
        {
            if (IsIdle)
                return 0;
            ulong before = Raw(address, lengthBytes);
            if (kind != Modification.CompareExchange || before == comparand)
                SetRaw(address, lengthBytes, Modified(kind, before, operand, lengthBytes), isReference);
            return before;
        }

        int cell = Begin(thread, address, writes: true, out bool isVisible);
        if (isVisible || thread.Stores.Count != 0)
        {
            Point(thread, kind == Modification.CompareExchange ? PendingStep.CompareExchange : PendingStep.Fenced,
                site, address, lengthBytes, comparand);
        }

        Touch(thread, address);
        ulong old = Raw(address, lengthBytes);
        thread.Observe(TagOf(cell, old, isReference));
        thread.See(address, lengthBytes, old);
        bool fails = kind == Modification.CompareExchange && old != comparand;
        ulong bits = Modified(kind, old, operand, lengthBytes);
        Trace?.Modify(thread, kind, address, lengthBytes, old, bits, fails, site);
        if (!fails && isVisible)
            Write(cell, address, lengthBytes, bits, TagFor(thread, bits, isReference), isReference);
        else if (!fails)
            SetRaw(address, lengthBytes, bits, isReference);
        return old;
    }

    private static ulong Modified(Modification kind, ulong old, ulong operand, int lengthBytes) => kind switch
    {
        Modification.Add => (old + operand) & (ulong.MaxValue >> (64 - lengthBytes * 8)),
        Modification.Or => old | operand,
        Modification.And => old & operand,
        _ => operand,
    };

    /// <summary>Fills with zeroes in one step.</summary>
    public void Clear(nint address, int lengthBytes)
    {
        if (_running is not { } thread)
        {
            if (!IsIdle)
                new Span<byte>((void*)address, lengthBytes).Clear();
            return;
        }

        CountStep(thread);
        Point(thread, PendingStep.Fenced, default);
        thread.Observe(StoreMark);
        for (nint at = address; at < address + lengthBytes; at += sizeof(uint))
        {
            // SAFETY: inside a block of the arena.
            if (*(uint*)at == 0)
                continue;
            int cell = _cells.Find(at, thread);
            _cells.IsVisible(cell, thread, writes: true);
            Write(cell, at, sizeof(uint), 0, TagFor(thread, 0, isReference: false), isReference: false);
        }

        if (_cells.AssumptionBroken)
            Leave(thread);
        Trace?.Add(thread.Name, "gives pages back: they read as zeroes", default);
    }

    private static ulong Raw(nint address, int lengthBytes) => lengthBytes switch
    {
        // SAFETY: the alias was given a reference to a cell of this length; nothing moves during an execution.
        1 => *(byte*)address,
        2 => *(ushort*)address,
        4 => *(uint*)address,
        _ => *(ulong*)address,
    };

    private static void SetRaw(nint address, int lengthBytes, ulong bits, bool isReference)
    {
        // SAFETY: as for Raw. The bits of a reference were taken from one in this execution, and it is stored as one.
        if (isReference)
            Unsafe.AsRef<object?>((void*)address) = Unsafe.As<ulong, object?>(ref bits);
        else if (lengthBytes == 4)
            *(uint*)address = (uint)bits;
        else if (lengthBytes == 8)
            *(ulong*)address = bits;
        else if (lengthBytes == 2)
            *(ushort*)address = (ushort)bits;
        else
            *(byte*)address = (byte)bits;
    }

    private int Begin(ModelThread thread, nint address, bool writes, out bool isVisible)
    {
        CountStep(thread);
        if ((nuint)address < FirstAddress)
            Fail($"{thread.Name} goes through a null pointer");
        int cell = _cells.Find(address, thread);
        isVisible = _cells.IsVisible(cell, thread, writes);
        if (_cells.AssumptionBroken)
            Leave(thread);
        return cell;
    }

    private void CountStep(ModelThread thread)
    {
        thread.Steps++;
        if (++StepCount > MaxSteps)
            Fail($"no end after {MaxSteps} steps; {thread.Name} took {thread.Steps} of them");
    }

    private void Touch(ModelThread thread, nint address)
    {
        if (!_arena.Contains(address))
            return;
        GranuleState state = _arena.StateOf(address);
        if (state != GranuleState.Live && (state != GranuleState.Revoked || !thread.IsGuest))
            Fail($"{thread.Name} touches {Trace?.Names.Of(address) ?? "memory"}, which is {state switch
            {
                GranuleState.Freed => "freed",
                GranuleState.Revoked => "given back to the guest",
                _ => "not allocated",
            }}");
    }

    private void Drain(ModelThread thread, int index)
    {
        PendingStore entry = thread.Stores[index];
        thread.Stores.RemoveAt(index);
        Trace?.Drain(thread, entry);
        if (_arena.Contains(entry.Address) && _arena.StateOf(entry.Address) is var state && state != GranuleState.Live
            && !(thread.IsGuest && state == GranuleState.Revoked))
        {
            Failure ??= $"a store of {thread.Name}'s arrives late in memory that is {(state == GranuleState.Revoked ? "given back to the guest" : "freed")}";
            return;
        }

        Write(entry.Cell, entry.Address, entry.LengthBytes, entry.Bits, entry.Tag, entry.IsReference);
    }

    private void Write(int cell, nint address, int lengthBytes, ulong bits, ulong tag, bool isReference)
    {
        ulong old = TagOf(cell, Raw(address, lengthBytes), isReference);
        SetRaw(address, lengthBytes, bits, isReference);
        _cells.Write(cell, tag, old);
    }

    /// <summary>What stands for the content of a cell: itself, or where it matters which write it was, that write.</summary>
    private ulong TagOf(int cell, ulong bits, bool isReference)
    {
        if (isReference)
            return bits == 0 ? 0 : _cells.TagOf(cell, 1);
        return _causal ? _cells.TagOf(cell, 0) : bits;
    }

    private ulong TagFor(ModelThread thread, ulong bits, bool isReference)
    {
        if (isReference && bits == 0)
            return 0;
        return _causal || isReference ? Hash.Mix(thread.History, (ulong)thread.Id) : bits;
    }

    private bool CanCompareExchange(ModelThread thread) =>
        thread.Stores.Count == 0
        || Order == MemoryOrder.Weak
        && thread.Stores.FindYoungest(thread.PendingAddress) < 0
        && Raw(thread.PendingAddress, thread.PendingLengthBytes) != thread.PendingValue;
}

/// <summary>What an interlocked operation does.</summary>
internal enum Modification
{
    Exchange,
    Add,
    Or,
    And,
    CompareExchange,
}

/// <summary>Where in the source an operation stands.</summary>
internal readonly record struct Site(string File, int Line);
