using System.Runtime.InteropServices;
using NvmeDoorbell.Pci;
using NvmeDoorbell.VfioUser.Messages;

namespace NvmeDoorbell.VfioUser.Regions;

/// <summary>
/// What a client asks about the device's regions, and its reads and writes: <c>VFIO_USER_DEVICE_GET_REGION_INFO</c>,
/// <c>GET_REGION_IO_FDS</c>, <c>REGION_READ</c>, <c>REGION_WRITE</c>, <c>REGION_WRITE_MULTI</c>.
/// </summary>
/// <remarks>One thread at a time: the session's.</remarks>
internal sealed class RegionCommands(PciFunction function, DoorbellPage? page, MsixMasks masks)
{
    /// <summary>Regions: those of any PCI device.</summary>
    public const int Count = 9;

    private const int ConfigurationBytes = 4096;
    private const int WidestAccess = 8;

    /// <summary>Whether a message is a write to a doorbell: it waits for nothing, and wakes a task at most.</summary>
    public static bool IsDoorbell(Message message) =>
        message.Header is { IsCommand: true, Command: CommandId.RegionWrite }
        && message.TryRead(out RegionAccess access)
        && access is { Region: (uint)RegionIndex.Bar0, Offset: >= DoorbellPage.Offset, LengthBytes: <= WidestAccess };

    /// <summary>Whether a message is an access to BAR0: none of them waits for a reactor.</summary>
    public static bool IsBar0Access(Message message) =>
        message.Header is { IsCommand: true, Command: CommandId.RegionRead or CommandId.RegionWrite }
        && message.TryRead(out RegionAccess access) && access.Region == (uint)RegionIndex.Bar0;

    /// <summary>Says how long a region is, and which part of it can be mapped.</summary>
    public Errno GetInfo(Message message, Reply reply)
    {
        if (!message.TryRead(out RegionInfo info) || info.ArgumentBytes < RegionInfo.SizeBytes || info.Index >= Count)
            return Errno.Invalid;
        uint roomBytes = info.ArgumentBytes;
        info = new RegionInfo { ArgumentBytes = RegionInfo.SizeBytes, Index = info.Index, LengthBytes = LengthOf(info.Index) };
        if (info.LengthBytes != 0)
            info.Flags = RegionInfo.Read | RegionInfo.Write;
        if (info.Index != (uint)RegionIndex.Bar0 || page is null)
        {
            reply.Write(info);
            return Errno.None;
        }
        const int FullBytes = RegionInfo.SizeBytes + SparseMapCapability.SizeBytes;
        info.ArgumentBytes = FullBytes;
        info.Flags |= RegionInfo.CanMap | RegionInfo.HasCapabilities;
        info.CapabilityOffset = RegionInfo.SizeBytes;
        reply.Write(info);
        // Too little room: the size that is needed, and the client asks again. QEMU takes no capabilities at offset 0,
        // not even then.
        if (roomBytes < FullBytes)
            return Errno.None;
        reply.Write(SparseMapCapability.Of(DoorbellPage.Offset, page.LengthBytes));
        reply.Attach(page.Number);
        return Errno.None;
    }

    /// <summary>
    /// No part of a region is offered as ioeventfds: a doorbell's value is in the write, and a signal carries none.
    /// </summary>
    public Errno GetIoDescriptors(Message message, Reply reply)
    {
        if (!message.TryRead(out RegionIoDescriptors request) || request.ArgumentBytes < RegionIoDescriptors.SizeBytes
            || request.Flags != 0 || request.Count != 0 || LengthOf(request.Index) == 0)
            return Errno.Invalid;
        request.ArgumentBytes = RegionIoDescriptors.SizeBytes;
        reply.Write(request);
        return Errno.None;
    }

    /// <summary>Reads.</summary>
    public Errno Read(Message message, Reply reply)
    {
        if (!message.TryRead(out RegionAccess access) || !IsInside(access))
            return Errno.Invalid;
        reply.Write(access);
        Span<byte> data = reply.Append((int)access.LengthBytes);
        for (ulong offset = access.Offset; !data.IsEmpty;)
        {
            int width = WidthOf(offset, data.Length, access.Region);
            ulong value = access.Region == (uint)RegionIndex.Bar0
                ? function.ReadBar0(offset, width)
                : function.ReadConfig((uint)offset, width);
            MemoryMarshal.AsBytes(new ReadOnlySpan<ulong>(in value))[..width].CopyTo(data);
            data = data[width..];
            offset += (uint)width;
        }
        return Errno.None;
    }

    /// <summary>Writes.</summary>
    public Errno Write(Message message, Reply reply)
    {
        if (!message.TryRead(out RegionAccess access) || !IsInside(access))
            return Errno.Invalid;
        ReadOnlySpan<byte> data = message.Payload[RegionAccess.SizeBytes..];
        if ((uint)data.Length < access.LengthBytes)
            return Errno.Invalid;
        WriteBytes(access.Region, access.Offset, data[..(int)access.LengthBytes]);
        reply.Write(access);
        return Errno.None;
    }

    /// <summary>Several short writes in one message. The reply says how many were done: up to the first wrong one.</summary>
    public Errno WriteMultiple(Message message, Reply reply)
    {
        if (!message.TryRead(out ulong count))
            return Errno.Invalid;
        ReadOnlySpan<byte> entries = message.Payload[sizeof(ulong)..];
        if (count > (ulong)entries.Length / RegionWriteEntry.SizeBytes)
            return Errno.Invalid;
        ulong done = 0;
        for (; done < count; done++)
        {
            RegionWriteEntry entry = MemoryMarshal.Read<RegionWriteEntry>(entries);
            entries = entries[RegionWriteEntry.SizeBytes..];
            var access = new RegionAccess { Offset = entry.Offset, Region = entry.Region, LengthBytes = entry.LengthBytes };
            if (entry.LengthBytes > sizeof(ulong) || !IsInside(access))
                break;
            WriteBytes(entry.Region, entry.Offset, MemoryMarshal.AsBytes(new ReadOnlySpan<ulong>(in entry.Data))[..(int)entry.LengthBytes]);
        }
        if (done == 0 && count != 0)
            return Errno.Invalid;
        reply.Write(done);
        return Errno.None;
    }

    private void WriteBytes(uint region, ulong offset, ReadOnlySpan<byte> data)
    {
        while (!data.IsEmpty)
        {
            int width = WidthOf(offset, data.Length, region);
            ulong value = 0;
            data[..width].CopyTo(MemoryMarshal.AsBytes(new Span<ulong>(ref value)));
            if (region == (uint)RegionIndex.Bar0)
                function.WriteBar0(offset, width, value);
            else
                function.WriteConfig((uint)offset, width, (uint)value);
            data = data[width..];
            offset += (uint)width;
        }
        if (region == (uint)RegionIndex.Configuration)
            masks.OnConfigurationWritten();
    }

    /// <summary>
    /// The width of the next access: the whole of it where it is one, so that a doorbell write of 8 bytes is never two;
    /// longer ones go by the widest aligned pieces.
    /// </summary>
    private static int WidthOf(ulong offset, int leftBytes, uint region)
    {
        int widest = region == (uint)RegionIndex.Bar0 ? WidestAccess : WidestAccess / 2;
        if (leftBytes <= widest)
            return leftBytes;
        while (offset % (uint)widest != 0)
            widest /= 2;
        return widest;
    }

    private bool IsInside(in RegionAccess access) =>
        access.LengthBytes <= Capabilities.DefaultTransferBytes
        && access.LengthBytes <= LengthOf(access.Region)
        && access.Offset <= LengthOf(access.Region) - access.LengthBytes;

    private ulong LengthOf(uint index) => (RegionIndex)index switch
    {
        RegionIndex.Bar0 => function.Bar0LengthBytes,
        RegionIndex.Configuration => ConfigurationBytes,
        _ => 0,
    };
}
