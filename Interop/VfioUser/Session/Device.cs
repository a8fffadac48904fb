using NvmeDoorbell.Controller;
using NvmeDoorbell.Memory;
using NvmeDoorbell.Pci;
using NvmeDoorbell.Spec;
using NvmeDoorbell.Storage;
using NvmeDoorbell.VfioUser.Dma;
using NvmeDoorbell.VfioUser.Interrupts;
using NvmeDoorbell.VfioUser.Messages;
using NvmeDoorbell.VfioUser.Migration;
using NvmeDoorbell.VfioUser.Regions;

namespace NvmeDoorbell.VfioUser.Session;

/// <summary>The device of one client: new when it comes, gone with all that the client gave when it goes.</summary>
internal sealed class Device : IDisposable
{
    private readonly GuestMemory _memory;
    private readonly DoorbellPage? _page;
    private readonly MsixMasks _masks;
    private readonly MigrationSession _migration;

    /// <param name="model">What it is made of.</param>
    /// <param name="messages">The client's memory that is not mapped; it becomes the device's.</param>
    /// <param name="wait">Waits, and meanwhile takes what the client sends. False: in vain.</param>
    public Device(DeviceModel model, MessageMemory messages, Func<Task, bool> wait)
    {
        Messages = messages;
        _memory = new GuestMemory(messages);
        NvmeControllerOptions options = model.ToOptions(_memory);
        if (model.MapsDoorbells)
        {
            _page = new DoorbellPage(options.DoorbellPageLengthBytes);
            options = options with { DoorbellPageAddress = _page.Address };
        }
        Interrupts = new DeviceInterrupts(model.Vectors, model.Reactors, BringAccess);
        Function = new PciFunction(options, Interrupts);
        foreach (IDisk disk in model.Disks)
            Function.Controller.AddNamespace(0, disk);
        _masks = new MsixMasks(Function);
        Regions = new RegionCommands(Function, _page, _masks);
        InterruptCommands = new InterruptCommands(Interrupts, _masks);
        Memory = new DmaRegions(_memory, messages);
        _migration = new MigrationSession(Function, wait, _masks.OnTableReplaced);
        Migration = new MigrationCommands(_migration, Capabilities.DefaultTransferBytes);
    }

    /// <summary>The function.</summary>
    public PciFunction Function { get; }

    /// <summary>The client's memory that is reached by messages.</summary>
    public MessageMemory Messages { get; }

    /// <summary>The client's memory.</summary>
    public DmaRegions Memory { get; }

    /// <summary>The client's accesses.</summary>
    public RegionCommands Regions { get; }

    /// <summary>The client's eventfds.</summary>
    public DeviceInterrupts Interrupts { get; }

    /// <summary>The client's commands about interrupts.</summary>
    public InterruptCommands InterruptCommands { get; }

    /// <summary>The client's commands about migration.</summary>
    public MigrationCommands Migration { get; }

    /// <summary>The first doorbell has told whether descriptors hold the guest's memory.</summary>
    public bool IsSharingKnown { get; private set; }

    /// <summary>Answers <c>VFIO_USER_DEVICE_GET_INFO</c>.</summary>
    public static Errno GetInfo(Message message, Reply reply)
    {
        if (!message.TryRead(out DeviceInfo info) || info.ArgumentBytes < DeviceInfo.SizeBytes)
            return Errno.Invalid;
        reply.Write(new DeviceInfo
        {
            ArgumentBytes = DeviceInfo.SizeBytes,
            Flags = DeviceInfo.CanReset | DeviceInfo.IsPci,
            Regions = RegionCommands.Count,
            InterruptTypes = InterruptCommands.TypeCount,
        });
        return Errno.None;
    }

    /// <summary>
    /// A write to a region is about to be done. With the first doorbell of the admin queue the guest has written to that
    /// queue: if the entry is not in the descriptor by now, the descriptor does not hold the guest's memory.
    /// </summary>
    /// <returns>False: it does not, and memory is reached by messages from now on.</returns>
    public bool CheckSharing(Message message)
    {
        if (IsSharingKnown || !message.TryRead(out RegionAccess access)
            || access is not { Region: (uint)RegionIndex.Bar0, Offset: DoorbellPage.Offset })
            return true;
        IsSharingKnown = true;
        ulong adminQueue = Function.ReadBar0(RegisterOffset.AdminSubmissionQueue, sizeof(ulong));
        if (Memory.IsShared(adminQueue))
            return true;
        Memory.ReachByMessages();
        return false;
    }

    /// <summary>
    /// Brings the client to access the device: it is asked to read, where the guest has put BAR0, a register whose value
    /// never changes, and asks us for it in turn. From any thread.
    /// </summary>
    /// <remarks>Only of a client that has announced memory to be reached by messages it is known that it takes any.</remarks>
    private void BringAccess()
    {
        if (Memory.HasMessages && Function is { IsMemorySpaceEnabled: true, IsBusMaster: true })
            Messages.Touch(Function.Bar0Address + RegisterOffset.Version, sizeof(uint));
    }

    /// <summary>Executes <c>VFIO_USER_DEVICE_RESET</c>: returns when no command is under way.</summary>
    public Errno Reset()
    {
        // A task may be waiting for a message's reply, which the caller receives; what it was for is dropped anyway.
        Messages.Refuse();
        try
        {
            Function.Reset();
        }
        catch (TimeoutException)
        {
            return Errno.Busy; // a disk keeps a request; the reset goes on
        }
        finally
        {
            Messages.Allow();
        }
        _migration.OnReset();
        _masks.OnConfigurationWritten();
        return Errno.None;
    }

    /// <summary>
    /// Ends the device: commands under way are finished or dropped, and only then is the client's memory unmapped.
    /// However long a disk takes: the memory that it reads or writes must stay.
    /// </summary>
    public void Dispose()
    {
        Messages.Refuse();
        bool isOver = false;
        while (!isOver)
        {
            try
            {
                Function.Dispose();
                isOver = true;
            }
            catch (TimeoutException)
            {
                // once more
            }
        }
        Interrupts.Dispose();
        Memory.Dispose();
        _memory.Dispose();
        Messages.Dispose();
        _page?.Dispose();
    }
}
