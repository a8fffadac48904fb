using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using NvmeDoorbell.VfioUser.Messages;

namespace NvmeDoorbell.VfioUser.Migration;

/// <summary>
/// Executes <c>VFIO_USER_DEVICE_FEATURE</c>, whose features are those of migration, and the commands that carry its data.
/// </summary>
/// <param name="session">The device's migration.</param>
/// <param name="maxTransferBytes">The longest data of one message.</param>
internal sealed class MigrationCommands(MigrationSession session, int maxTransferBytes)
{
    private const uint Migration = 1;
    private const uint DeviceStateFeature = 2;
    private const ulong StopCopySupported = 1;

    /// <summary>Executes <c>VFIO_USER_DEVICE_FEATURE</c>.</summary>
    public Errno Feature(Message message, Reply reply)
    {
        if (!message.TryRead(out DeviceFeature feature) || feature.ArgumentBytes < DeviceFeature.SizeBytes)
            return Errno.Invalid;
        uint methods = feature.Flags & (DeviceFeature.Get | DeviceFeature.Set);
        uint known = (feature.Flags & DeviceFeature.IndexBits) switch
        {
            Migration => DeviceFeature.Get,
            DeviceStateFeature => DeviceFeature.Get | DeviceFeature.Set,
            _ => 0,
        };
        if ((feature.Flags & ~(DeviceFeature.IndexBits | DeviceFeature.Get | DeviceFeature.Set | DeviceFeature.Probe)) != 0)
            return Errno.Invalid;
        if (known == 0 || (methods & ~known) != 0)
            return Errno.NotSupported;
        if ((feature.Flags & DeviceFeature.Probe) != 0)
        {
            reply.Write(message.Payload);
            return Errno.None;
        }
        return methods switch
        {
            DeviceFeature.Get when (feature.Flags & DeviceFeature.IndexBits) == Migration =>
                Answer(feature, StopCopySupported, reply),
            DeviceFeature.Get =>
                Answer(feature, new DeviceState { State = (uint)session.State }, reply),
            DeviceFeature.Set => SetState(message, reply),
            _ => Errno.Invalid, // neither, or both
        };
    }

    /// <summary>Executes <c>VFIO_USER_MIG_DATA_READ</c>.</summary>
    public Errno Read(Message message, Reply reply)
    {
        if (!message.TryRead(out MigrationData wanted) || wanted.ArgumentBytes < MigrationData.SizeBytes
            || wanted.DataBytes > (uint)maxTransferBytes || !session.TryRead((int)wanted.DataBytes, out ReadOnlySpan<byte> data))
            return Errno.Invalid;
        reply.Write(new MigrationData
        {
            ArgumentBytes = (uint)(MigrationData.SizeBytes + data.Length),
            DataBytes = (uint)data.Length,
        });
        reply.Write(data);
        return Errno.None;
    }

    /// <summary>Executes <c>VFIO_USER_MIG_DATA_WRITE</c>.</summary>
    public Errno Write(Message message)
    {
        if (!message.TryRead(out MigrationData given)
            || given.DataBytes != (ulong)(message.Payload.Length - MigrationData.SizeBytes))
            return Errno.Invalid;
        return session.Write(message.Payload[MigrationData.SizeBytes..]);
    }

    private static Errno Answer<T>(in DeviceFeature feature, in T data, Reply reply)
        where T : unmanaged
    {
        var lengthBytes = (uint)(DeviceFeature.SizeBytes + Unsafe.SizeOf<T>());
        if (feature.ArgumentBytes < lengthBytes)
            return Errno.Invalid;
        reply.Write(feature with { ArgumentBytes = lengthBytes });
        reply.Write(data);
        return Errno.None;
    }

    private Errno SetState(Message message, Reply reply)
    {
        if (!MemoryMarshal.TryRead(message.Payload[DeviceFeature.SizeBytes..], out DeviceState wanted))
            return Errno.Invalid;
        Errno error = session.GoTo((MigrationState)wanted.State);
        if (error == Errno.None)
            reply.Write(message.Payload);
        return error;
    }
}
