using NvmeDoorbell.VfioUser.Messages;
using NvmeDoorbell.VfioUser.Regions;
using NvmeDoorbell.VfioUser.Transport;

namespace NvmeDoorbell.VfioUser.Interrupts;

/// <summary><c>VFIO_USER_DEVICE_GET_IRQ_INFO</c> and <c>VFIO_USER_DEVICE_SET_IRQS</c>.</summary>
/// <remarks>One thread at a time: the session's.</remarks>
internal sealed class InterruptCommands(DeviceInterrupts interrupts, MsixMasks masks)
{
    /// <summary>Interrupt types: those of any PCI device.</summary>
    public const int TypeCount = 5;

    /// <summary>Says what there is of a type.</summary>
    public Errno GetInfo(Message message, Reply reply)
    {
        if (!message.TryRead(out InterruptInfo info) || info.ArgumentBytes < InterruptInfo.SizeBytes
            || info.Index >= TypeCount)
            return Errno.Invalid;
        var index = (InterruptIndex)info.Index;
        info.ArgumentBytes = InterruptInfo.SizeBytes;
        info.Count = (uint)CountOf(index);
        info.Flags = index switch
        {
            InterruptIndex.Intx => InterruptInfo.HasEvent | InterruptInfo.IsMaskable | InterruptInfo.MasksItself,
            InterruptIndex.Msix => InterruptInfo.HasEvent | InterruptInfo.IsMaskable,
            _ => InterruptInfo.HasEvent,
        };
        reply.Write(info);
        return Errno.None;
    }

    /// <summary>Sets up, masks, unmasks or triggers.</summary>
    public Errno Set(Message message)
    {
        if (!message.TryRead(out InterruptSet set) || !IsValid(set, message))
            return Errno.Invalid;
        var index = (InterruptIndex)set.Index;
        if (set.Count == 0)
        {
            for (int vector = 0; vector < CountOf(index); vector++)
                Assign(index, vector, set.Flags, null);
            return Errno.None;
        }
        if ((set.Flags & InterruptSet.DataEvent) != 0)
            return AssignRange(index, set, message.Descriptors);
        ReadOnlySpan<byte> chosen = message.Payload[InterruptSet.SizeBytes..];
        for (int offset = 0; offset < set.Count; offset++)
        {
            if ((set.Flags & InterruptSet.DataBool) == 0 || chosen[offset] != 0)
                Act(index, (int)set.Start + offset, set.Flags & InterruptSet.ActionBits);
        }
        return Errno.None;
    }

    private int CountOf(InterruptIndex index) => index switch
    {
        InterruptIndex.Msix => interrupts.Vectors.Length,
        InterruptIndex.Msi => 0,
        _ => 1,
    };

    private bool IsValid(in InterruptSet set, Message message)
    {
        uint data = set.Flags & InterruptSet.DataBits;
        uint action = set.Flags & InterruptSet.ActionBits;
        if (set.ArgumentBytes < InterruptSet.SizeBytes || set.Index >= TypeCount
            || (set.Flags & ~(InterruptSet.DataBits | InterruptSet.ActionBits)) != 0
            || !uint.IsPow2(data) || !uint.IsPow2(action))
            return false;
        bool canMask = (InterruptIndex)set.Index is InterruptIndex.Intx or InterruptIndex.Msix;
        if (action != InterruptSet.Trigger && !canMask)
            return false;
        if (set.Count == 0)
            return set.Start == 0 && data == InterruptSet.DataNone && action == InterruptSet.Trigger;
        int count = CountOf((InterruptIndex)set.Index);
        if (set.Start >= count || set.Count > count - set.Start)
            return false;
        return data switch
        {
            InterruptSet.DataBool => message.Descriptors.Count == 0
                && message.Payload.Length - InterruptSet.SizeBytes == set.Count,
            InterruptSet.DataEvent => message.Descriptors.Count == 0 || message.Descriptors.Count == set.Count,
            _ => message.Descriptors.Count == 0,
        };
    }

    /// <summary>All of them or none: nothing changes where one descriptor is no eventfd.</summary>
    private Errno AssignRange(InterruptIndex index, in InterruptSet set, DescriptorList descriptors)
    {
        var signals = new EventSignal?[set.Count];
        for (int offset = 0; offset < descriptors.Count; offset++)
        {
            if (EventSignal.TryTake(descriptors.Take(offset), out signals[offset]))
                continue;
            foreach (EventSignal? taken in signals)
                taken?.Dispose();
            return Errno.Invalid;
        }
        for (int offset = 0; offset < set.Count; offset++)
            Assign(index, (int)set.Start + offset, set.Flags & InterruptSet.ActionBits, signals[offset]);
        return Errno.None;
    }

    private void Assign(InterruptIndex index, int vector, uint flags, EventSignal? signal)
    {
        uint action = flags & InterruptSet.ActionBits;
        switch (index)
        {
            case InterruptIndex.Intx when action == InterruptSet.Mask:
                interrupts.Intx.SetMaskEvent(signal);
                break;
            case InterruptIndex.Intx when action == InterruptSet.Unmask:
                interrupts.Intx.SetUnmaskEvent(signal);
                break;
            case InterruptIndex.Intx:
                interrupts.Intx.SetTrigger(signal);
                break;
            case InterruptIndex.Msix when action == InterruptSet.Trigger:
                interrupts.Vectors[vector].Set(signal);
                masks.OnAssigned(vector, signal is not null);
                break;
            case InterruptIndex.Error:
                interrupts.Error.Set(signal);
                break;
            case InterruptIndex.Request:
                interrupts.Request.Set(signal);
                break;
            default:
                signal?.Dispose(); // a vector never masks itself, so nobody is ever told
                break;
        }
    }

    private void Act(InterruptIndex index, int vector, uint action)
    {
        switch (index, action)
        {
            case (InterruptIndex.Intx, InterruptSet.Mask):
                interrupts.Intx.Mask();
                break;
            case (InterruptIndex.Intx, InterruptSet.Unmask):
                interrupts.Intx.Unmask();
                break;
            case (InterruptIndex.Intx, _):
                interrupts.Intx.Trigger();
                break;
            case (InterruptIndex.Msix, InterruptSet.Mask or InterruptSet.Unmask):
                masks.SetMasked(vector, action == InterruptSet.Mask);
                break;
            case (InterruptIndex.Msix, _):
                interrupts.Vectors[vector].Signal();
                break;
            case (InterruptIndex.Error, _):
                interrupts.Error.Signal();
                break;
            default:
                interrupts.Request.Signal();
                break;
        }
    }
}
