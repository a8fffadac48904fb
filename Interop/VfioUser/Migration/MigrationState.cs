namespace NvmeDoorbell.VfioUser.Migration;

/// <summary>The states of a device ("VFIO_DEVICE_FEATURE_MIG_DEVICE_STATE"); without precopy and without P2P.</summary>
internal enum MigrationState : uint
{
    /// <summary>The device has failed, and must be reset.</summary>
    Error = 0,

    /// <summary>It changes nothing, inside or outside.</summary>
    Stop = 1,

    /// <summary>It runs.</summary>
    Running = 2,

    /// <summary>Stopped, and its state can be read.</summary>
    StopCopy = 3,

    /// <summary>Stopped, and another device's state is being written to it.</summary>
    Resuming = 4,
}
