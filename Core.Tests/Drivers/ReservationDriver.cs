using NvmeDoorbell.Spec;

namespace NvmeDoorbell.Tests.Drivers;

/// <summary>Reservation commands on one namespace, as the host behind one controller gives them.</summary>
internal sealed class ReservationDriver
{
    private readonly ControllerDriver _driver;
    private readonly DriverQueuePair _pair;
    private readonly uint _nsid;
    private readonly ulong _page;

    public ReservationDriver(ControllerDriver driver, uint nsid, ulong hostId = 0)
    {
        _driver = driver;
        _nsid = nsid;
        _pair = driver.CreateQueuePair(1);
        _page = driver.AllocatePages(1);
        if (hostId != 0)
            Assert.That(SetHostId(hostId), Is.EqualTo(StatusCode.Success));
    }

    public ControllerDriver Driver => _driver;

    public DriverQueuePair Pair => _pair;

    public StatusCode SetHostId(ulong low, ulong high = 0, bool isExtended = false)
    {
        Put(low, high);
        return _driver.Execute(new SubmissionEntry
        {
            Opcode = (byte)AdminOpcode.SetFeatures,
            Prp1 = _page,
            Cdw10 = (uint)FeatureId.HostIdentifier,
            Cdw11 = isExtended ? 1u : 0,
        }).Status.WithoutFlags();
    }

    public StatusCode Register(ulong key) => Run(IoOpcode.ReservationRegister, 0, 0, key);

    public StatusCode Unregister(ulong key) => Run(IoOpcode.ReservationRegister, 1, key, 0);

    public StatusCode Acquire(ReservationType type, ulong key) =>
        Run(IoOpcode.ReservationAcquire, (uint)type << 8, key, 0);

    public StatusCode Preempt(ReservationType type, ulong key, ulong preempted) =>
        Run(IoOpcode.ReservationAcquire, (uint)type << 8 | 1, key, preempted);

    public StatusCode Release(ReservationType type, ulong key) =>
        Run(IoOpcode.ReservationRelease, (uint)type << 8, key, 0);

    public StatusCode Clear(ulong key) => Run(IoOpcode.ReservationRelease, 1, key, 0);

    public StatusCode Run(IoOpcode opcode, uint options, ulong first, ulong second) =>
        _pair.WaitFor(Submit(opcode, options, first, second)).Status.WithoutFlags();

    public ushort Submit(IoOpcode opcode, uint options, ulong first, ulong second)
    {
        Put(first, second);
        return _pair.Submit(new SubmissionEntry
        {
            Opcode = (byte)opcode,
            NamespaceId = _nsid,
            Prp1 = _page,
            Cdw10 = options,
        });
    }

    public StatusCode Access(IoOpcode opcode) => ControllerDriver
        .Transfer(_pair, opcode, _nsid, 0, 1, opcode == IoOpcode.Flush ? 0 : _page).WithoutFlags();

    public StatusCode Report(out byte[] report, bool isExtended = false)
    {
        StatusCode status = _pair.Execute(new SubmissionEntry
        {
            Opcode = (byte)IoOpcode.ReservationReport,
            NamespaceId = _nsid,
            Prp1 = _page,
            Cdw10 = 1023,
            Cdw11 = isExtended ? 1u : 0,
        }).Status.WithoutFlags();
        report = _driver.ReadRam(_page, 4096);
        return status;
    }

    /// <summary>Takes the oldest notification.</summary>
    public (ReservationNotification What, int Behind, uint Nsid) ReadLog()
    {
        byte[] page = Events.ReadLogPage(_driver, LogPageId.ReservationNotification, 64);
        return ((ReservationNotification)page[8], page[9], BitConverter.ToUInt32(page, 12));
    }

    private void Put(ulong first, ulong second) =>
        Assert.That(
            _driver.Memory.TryWrite(_page, [.. BitConverter.GetBytes(first), .. BitConverter.GetBytes(second)]), Is.True);
}
