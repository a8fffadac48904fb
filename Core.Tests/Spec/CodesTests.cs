using NvmeDoorbell.Spec;

namespace NvmeDoorbell.Tests.Spec;

/// <summary>Opcodes, status codes and events keep what the specification says of all of them.</summary>
public sealed class CodesTests
{
    private const int None = 0;
    private const int ToController = 1;
    private const int ToHost = 2;
    private const int Both = 3;

    // Bits 1:0 of an opcode are the direction of its data, so a slip in a number shows as a wrong direction.
    private static readonly Dictionary<AdminOpcode, int> AdminDirections = new()
    {
        [AdminOpcode.DeleteIoSubmissionQueue] = None,
        [AdminOpcode.CreateIoSubmissionQueue] = ToController,
        [AdminOpcode.GetLogPage] = ToHost,
        [AdminOpcode.DeleteIoCompletionQueue] = None,
        [AdminOpcode.CreateIoCompletionQueue] = ToController,
        [AdminOpcode.Identify] = ToHost,
        [AdminOpcode.Abort] = None,
        [AdminOpcode.SetFeatures] = ToController,
        [AdminOpcode.GetFeatures] = ToHost,
        [AdminOpcode.AsynchronousEventRequest] = None,
        [AdminOpcode.NamespaceManagement] = ToController,
        [AdminOpcode.FirmwareCommit] = None,
        [AdminOpcode.FirmwareImageDownload] = ToController,
        [AdminOpcode.DeviceSelfTest] = None,
        [AdminOpcode.NamespaceAttachment] = ToController,
        [AdminOpcode.KeepAlive] = None,
        [AdminOpcode.DirectiveSend] = ToController,
        [AdminOpcode.DirectiveReceive] = ToHost,
        [AdminOpcode.VirtualizationManagement] = None,
        [AdminOpcode.NvmeMiSend] = ToController,
        [AdminOpcode.NvmeMiReceive] = ToHost,
        [AdminOpcode.CapacityManagement] = None,
        [AdminOpcode.Lockdown] = None,
        [AdminOpcode.DoorbellBufferConfig] = None,
        [AdminOpcode.Fabrics] = Both,
        [AdminOpcode.FormatNvm] = None,
        [AdminOpcode.SecuritySend] = ToController,
        [AdminOpcode.SecurityReceive] = ToHost,
        [AdminOpcode.Sanitize] = None,
        [AdminOpcode.GetLbaStatus] = ToHost,
    };

    private static readonly Dictionary<IoOpcode, int> IoDirections = new()
    {
        [IoOpcode.Flush] = None,
        [IoOpcode.Write] = ToController,
        [IoOpcode.Read] = ToHost,
        [IoOpcode.WriteUncorrectable] = None,
        [IoOpcode.Compare] = ToController,
        [IoOpcode.WriteZeroes] = None,
        [IoOpcode.DatasetManagement] = ToController,
        [IoOpcode.Verify] = None,
        [IoOpcode.ReservationRegister] = ToController,
        [IoOpcode.ReservationReport] = ToHost,
        [IoOpcode.ReservationAcquire] = ToController,
        [IoOpcode.IoManagementReceive] = ToHost,
        [IoOpcode.ReservationRelease] = ToController,
        [IoOpcode.Cancel] = None,
        [IoOpcode.Copy] = ToController,
        [IoOpcode.IoManagementSend] = ToController,
    };

    [Test]
    public void An_opcode_says_which_way_its_data_goes()
    {
        Assert.That(AdminDirections.Keys, Is.EquivalentTo(Enum.GetValues<AdminOpcode>()));
        Assert.That(IoDirections.Keys, Is.EquivalentTo(Enum.GetValues<IoOpcode>()));
        Assert.That(AdminDirections.Where(pair => ((int)pair.Key & 3) != pair.Value), Is.Empty);
        Assert.That(IoDirections.Where(pair => ((int)pair.Key & 3) != pair.Value), Is.Empty);
    }

    [Test]
    public void Codes_are_different_from_each_other()
    {
        Type[] codes = [.. typeof(StatusCode).Assembly.GetTypes()
            .Where(type => type is { IsEnum: true, Namespace: "NvmeDoorbell.Spec" })];
        Assert.That(codes, Has.Length.GreaterThan(10));
        foreach (Type type in codes)
            Assert.That(Enum.GetValuesAsUnderlyingType(type), Is.Unique, type.Name);
    }

    [TestCase(StatusCode.Success, 0, 0x00)]
    [TestCase(StatusCode.LbaOutOfRange, 0, 0x80)]
    [TestCase(StatusCode.InvalidQueueDeletion, 1, 0x0C)]
    [TestCase(StatusCode.UnrecoveredReadError, 2, 0x81)]
    public void A_status_has_a_type_and_a_code(StatusCode status, int type, int code)
    {
        Assert.That(status.Type(), Is.EqualTo(type));
        Assert.That(status.Code(), Is.EqualTo(code));
        Assert.That((status | StatusCode.DoNotRetry | StatusCode.More).Type(), Is.EqualTo(type));
        Assert.That((status | StatusCode.DoNotRetry | StatusCode.More).WithoutFlags(), Is.EqualTo(status));
    }

    [Test]
    public void Do_not_retry_is_for_errors_alone()
    {
        Assert.That(StatusCode.InvalidField.IsDoNotRetry(), Is.False);
        Assert.That(StatusCode.InvalidField.WithDoNotRetry().IsDoNotRetry(), Is.True);
        Assert.That(StatusCode.InvalidField.WithDoNotRetry().IsSuccess(), Is.False);
        Assert.That(StatusCode.Success.WithDoNotRetry(), Is.EqualTo(StatusCode.Success));
        Assert.That((StatusCode.Success | StatusCode.More).IsSuccess(), Is.True);
    }

    [Test]
    public void Every_status_fits_the_15_bits_of_its_field()
    {
        StatusCode[] all = Enum.GetValues<StatusCode>();
        Assert.That(all, Is.Not.Empty);
        Assert.That(all.Select(status => (int)status), Is.All.LessThanOrEqualTo(0x7FFF));
        StatusCode[] codes = [.. all.Where(status => status is not (StatusCode.More or StatusCode.DoNotRetry))];
        Assert.That(codes.Select(status => (int)status.Type()), Is.All.LessThanOrEqualTo(2));
        Assert.That(codes.Select(status => status.WithoutFlags()), Is.EqualTo(codes));
    }

    [Test]
    public void An_event_is_dword_0_of_its_completion()
    {
        Assert.That(AsynchronousEvent.InvalidDoorbellRegister.ToDword0(), Is.EqualTo(0x01_00_00));
        Assert.That(AsynchronousEvent.InvalidDoorbellWriteValue.ToDword0(), Is.EqualTo(0x01_01_00));
        Assert.That(AsynchronousEvent.TemperatureThreshold.ToDword0(), Is.EqualTo(0x02_01_01));
        Assert.That(AsynchronousEvent.NamespaceAttributeChanged.ToDword0(), Is.EqualTo(0x04_00_02));
        Assert.That(AsynchronousEvent.SanitizeCompleted.ToDword0(), Is.EqualTo(0x81_01_06));
    }

    [Test]
    public void Events_survive_the_way_there_and_back()
    {
        AsynchronousEvent[] events = [.. typeof(AsynchronousEvent).GetProperties()
            .Where(property => property.PropertyType == typeof(AsynchronousEvent))
            .Select(property => (AsynchronousEvent)property.GetValue(null)!)];
        Assert.That(events, Is.Not.Empty);
        Assert.That(events, Is.Unique);
        Assert.That(events.Select(item => AsynchronousEvent.FromDword0(item.ToDword0())), Is.EqualTo(events));
    }
}
