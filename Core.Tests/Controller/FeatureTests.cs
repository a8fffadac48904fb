using NvmeDoorbell.Spec;
using NvmeDoorbell.Tests.Drivers;

namespace NvmeDoorbell.Tests.Controller;

/// <summary>Get and Set Features.</summary>
internal sealed class FeatureTests
{
    private TestMachine _machine = null!;

    private ControllerDriver Driver => _machine.Driver;

    [SetUp]
    public void SetUp()
    {
        _machine = new TestMachine();
        _machine.AddRamDisk(1);
        Driver.Enable();
    }

    [TearDown]
    public void TearDown() => _machine.Dispose();

    [TestCase(FeatureId.Arbitration, 0u, 0x0302_0105u)]
    [TestCase(FeatureId.TemperatureThreshold, 0u, 0x150u)]
    [TestCase(FeatureId.TemperatureThreshold, 0u, 0x0010_0100u)]
    [TestCase(FeatureId.ErrorRecovery, 1u, 0x64u)]
    [TestCase(FeatureId.VolatileWriteCache, 0u, 0u)]
    [TestCase(FeatureId.InterruptCoalescing, 0u, 0x0A05u)]
    [TestCase(FeatureId.InterruptVectorConfiguration, 0u, 0x0001_0003u)]
    [TestCase(FeatureId.WriteAtomicityNormal, 0u, 1u)]
    [TestCase(FeatureId.AsynchronousEventConfiguration, 0u, 0x11Fu)]
    public void A_value_that_is_set_is_read_until_a_reset(FeatureId feature, uint nsid, uint value)
    {
        uint selector = feature switch
        {
            FeatureId.TemperatureThreshold => value & 0x003F_0000,
            FeatureId.InterruptVectorConfiguration => value & 0xFFFF,
            _ => 0,
        };
        uint expected = feature == FeatureId.TemperatureThreshold ? value & 0xFFFF : value;
        uint initial = Get(feature, nsid, selector);

        Assert.That(Set(feature, nsid, value), Is.EqualTo(StatusCode.Success));
        Assert.That(Get(feature, nsid, selector), Is.EqualTo(expected));
        Assert.That(Get(feature, nsid, selector, FeatureSelect.Default), Is.EqualTo(initial));
        Assert.That(Get(feature, nsid, selector, FeatureSelect.Saved), Is.EqualTo(initial));

        Driver.Disable();
        Driver.Enable();
        Assert.That(Get(feature, nsid, selector), Is.EqualTo(initial));
    }

    [Test]
    public void Capabilities_say_changeable_and_namespace_specific_and_not_saveable()
    {
        Assert.That(Get(FeatureId.Arbitration, 0, 0, FeatureSelect.SupportedCapabilities), Is.EqualTo(4));
        Assert.That(Get(FeatureId.ErrorRecovery, 1, 0, FeatureSelect.SupportedCapabilities), Is.EqualTo(6));
    }

    [Test]
    public void Number_of_queues_is_what_there_is()
    {
        CompletionEntry completion = Driver.Execute(Entry(AdminOpcode.SetFeatures, FeatureId.NumberOfQueues, 0, 0x0003_0003));

        Assert.That(completion.Status, Is.EqualTo(StatusCode.Success));
        Assert.That(completion.Result, Is.EqualTo(0x0007_0007));
        Assert.That(Get(FeatureId.NumberOfQueues), Is.EqualTo(0x0007_0007));
    }

    [Test]
    public void Timestamp_counts_on_from_what_the_host_has_set()
    {
        ulong page = Driver.AllocatePages(1);
        _machine.Memory.TryWrite(page, BitConverter.GetBytes(0x0123_4567_89ABul));

        Assert.That(Driver.Execute(Entry(AdminOpcode.SetFeatures, FeatureId.Timestamp) with { Prp1 = page }).Status,
            Is.EqualTo(StatusCode.Success));
        Driver.Execute(Entry(AdminOpcode.GetFeatures, FeatureId.Timestamp) with { Prp1 = page });

        ulong read = BitConverter.ToUInt64(Driver.ReadRam(page, 8));
        Assert.That(read >> 48, Is.EqualTo(2), "origin: set by the host");
        Assert.That(read & 0xFFFF_FFFF_FFFF, Is.InRange(0x0123_4567_89ABul, 0x0123_4567_89ABul + 60_000));
    }

    [TestCase(0u, 8)]
    [TestCase(1u, 16)]
    public void Host_identifier_is_kept(uint extended, int length)
    {
        ulong page = Driver.AllocatePages(2);
        byte[] identifier = [.. Enumerable.Range(1, length).Select(index => (byte)index)];
        _machine.Memory.TryWrite(page, identifier);

        Driver.Execute(Entry(AdminOpcode.SetFeatures, FeatureId.HostIdentifier, 0, extended) with { Prp1 = page });
        Driver.Execute(
            Entry(AdminOpcode.GetFeatures, FeatureId.HostIdentifier, 0, extended) with { Prp1 = page + 4096 });

        Assert.That(Driver.ReadRam(page + 4096, 16)[..length], Is.EqualTo(identifier));
    }

    [Test]
    public void A_threshold_below_the_temperature_is_a_warning_and_an_event_where_asked_for()
    {
        ushort request = Driver.Admin.Submit(Events.Request);
        Set(FeatureId.AsynchronousEventConfiguration, 0, 2);
        Set(FeatureId.TemperatureThreshold, 0, 300);

        Assert.That(
            AsynchronousEvent.FromDword0(Driver.Admin.WaitFor(request).Result),
            Is.EqualTo(AsynchronousEvent.TemperatureThreshold));
        Assert.That(Events.ReadLogPage(Driver, LogPageId.Smart, 512)[0], Is.EqualTo(2));
    }

    private uint Get(
        FeatureId feature, uint nsid = 0, uint cdw11 = 0, FeatureSelect select = FeatureSelect.Current)
    {
        SubmissionEntry entry = Entry(AdminOpcode.GetFeatures, feature, nsid, cdw11);
        CompletionEntry completion = Driver.Execute(entry with { Cdw10 = entry.Cdw10 | (uint)select << 8 });
        Assert.That(completion.Status, Is.EqualTo(StatusCode.Success));
        return completion.Result;
    }

    private StatusCode Set(FeatureId feature, uint nsid, uint value) =>
        Driver.Execute(Entry(AdminOpcode.SetFeatures, feature, nsid, value)).Status;

    private static SubmissionEntry Entry(AdminOpcode opcode, FeatureId feature, uint nsid = 0, uint cdw11 = 0) => new()
    {
        Opcode = (byte)opcode,
        NamespaceId = nsid,
        Cdw10 = (uint)feature,
        Cdw11 = cdw11,
    };
}
