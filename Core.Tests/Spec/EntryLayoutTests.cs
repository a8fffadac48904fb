using System.Reflection;
using System.Runtime.InteropServices;
using NvmeDoorbell.Memory;
using NvmeDoorbell.Spec;

namespace NvmeDoorbell.Tests.Spec;

/// <summary>The structures that guest and device share lie in memory as the specification draws them.</summary>
public sealed class EntryLayoutTests
{
    private const BindingFlags EveryField = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic;

    private static IEnumerable<TestCaseData> Layouts()
    {
        yield return new TestCaseData(typeof(SubmissionEntry), 64, new (string, int, int)[]
        {
            ("_cdw0", 0, 4), ("_namespaceId", 4, 4), ("_cdw2", 8, 4), ("_cdw3", 12, 4), ("_metadataPointer", 16, 8),
            ("_prp1", 24, 8), ("_prp2", 32, 8), ("_cdw10", 40, 4), ("_cdw11", 44, 4), ("_cdw12", 48, 4),
            ("_cdw13", 52, 4), ("_cdw14", 56, 4), ("_cdw15", 60, 4),
        }).SetArgDisplayNames(nameof(SubmissionEntry));
        yield return new TestCaseData(typeof(CompletionEntry), 16, new (string, int, int)[]
        {
            ("_result", 0, 4), ("_dword1", 4, 4), ("_sqHead", 8, 2), ("_sqId", 10, 2), ("_commandId", 12, 2),
            ("_phaseAndStatus", 14, 2),
        }).SetArgDisplayNames(nameof(CompletionEntry));
        yield return new TestCaseData(typeof(GuestSegment), 16, new (string, int, int)[]
        {
            ("_address", 0, 8), ("_lengthBytes", 8, 8),
        }).SetArgDisplayNames(nameof(GuestSegment));
    }

    [TestCaseSource(nameof(Layouts))]
    public void Every_field_is_at_its_offset_and_no_field_is_forgotten(
        Type type, int sizeBytes, (string Name, int Offset, int SizeBytes)[] expected)
    {
        (string, int, int)[] found = [.. type.GetFields(EveryField)
            .Select(field => (field.Name, (int)Marshal.OffsetOf(type, field.Name), Marshal.SizeOf(field.FieldType)))];
        Assert.That(found, Is.Not.Empty);
        Assert.That(found, Is.EqualTo(expected));
        Assert.That(Marshal.SizeOf(type), Is.EqualTo(sizeBytes));
        Assert.That(expected.Sum(field => field.SizeBytes), Is.EqualTo(sizeBytes), "fields without gaps");
    }

    [Test]
    public void A_submission_entry_reads_as_its_bytes()
    {
        byte[] bytes = [.. Enumerable.Range(0, 64).Select(i => (byte)i)];
        SubmissionEntry entry = MemoryMarshal.Read<SubmissionEntry>(bytes);
        Assert.That(entry.Cdw0, Is.EqualTo(0x0302_0100));
        Assert.That(entry.Opcode, Is.Zero);
        Assert.That(entry.CommandId, Is.EqualTo(0x0302));
        Assert.That(entry.NamespaceId, Is.EqualTo(0x0706_0504));
        Assert.That(entry.Cdw2, Is.EqualTo(0x0B0A_0908));
        Assert.That(entry.Cdw3, Is.EqualTo(0x0F0E_0D0C));
        Assert.That(entry.MetadataPointer, Is.EqualTo(0x1716_1514_1312_1110));
        Assert.That(entry.Prp1, Is.EqualTo(0x1F1E_1D1C_1B1A_1918));
        Assert.That(entry.Prp2, Is.EqualTo(0x2726_2524_2322_2120));
        uint[] last = [entry.Cdw10, entry.Cdw11, entry.Cdw12, entry.Cdw13, entry.Cdw14, entry.Cdw15];
        Assert.That(last, Is.EqualTo(MemoryMarshal.Cast<byte, uint>(bytes.AsSpan(40)).ToArray()));
    }

    [Test]
    public void The_parts_of_command_dword_0_do_not_touch_each_other()
    {
        var entry = new SubmissionEntry
        {
            Cdw0 = 0xFFFF_FFFF,
            Opcode = 0x81,
            Fuse = FusedOperation.Second,
            Psdt = DataTransferKind.SglContiguousMetadata,
            CommandId = 0xBEEF,
        };
        Assert.That(entry.Cdw0, Is.EqualTo(0xBEEF_7E81));
        Assert.That(entry.Opcode, Is.EqualTo(0x81));
        Assert.That(entry.Fuse, Is.EqualTo(FusedOperation.Second));
        Assert.That(entry.Psdt, Is.EqualTo(DataTransferKind.SglContiguousMetadata));
        Assert.That(entry.CommandId, Is.EqualTo(0xBEEF));
    }

    [Test]
    public void Every_property_of_a_submission_entry_gives_back_what_was_set()
    {
        PropertyInfo[] properties = [.. typeof(SubmissionEntry).GetProperties()];
        Assert.That(properties, Has.Length.EqualTo(17));
        foreach (PropertyInfo property in properties)
        {
            object entry = new SubmissionEntry();
            object value = property.PropertyType.IsEnum
                ? Enum.ToObject(property.PropertyType, 2)
                : Convert.ChangeType(0x5A, property.PropertyType, System.Globalization.CultureInfo.InvariantCulture);
            property.SetValue(entry, value);
            Assert.That(property.GetValue(entry), Is.EqualTo(value), property.Name);
        }
    }

    [TestCase(true)]
    [TestCase(false)]
    public void A_completion_entry_is_what_it_was_made_of(bool phase)
    {
        CompletionEntry entry = CompletionEntry.Create(
            commandId: 0x1234, sqId: 0x5678, sqHead: 0x9ABC, phase,
            StatusCode.LbaOutOfRange | StatusCode.DoNotRetry, result: 0xDEAD_BEEF, dword1: 0x0102_0304);
        Assert.That(entry.CommandId, Is.EqualTo(0x1234));
        Assert.That(entry.SqId, Is.EqualTo(0x5678));
        Assert.That(entry.SqHead, Is.EqualTo(0x9ABC));
        Assert.That(entry.Phase, Is.EqualTo(phase));
        Assert.That(entry.Status, Is.EqualTo(StatusCode.LbaOutOfRange | StatusCode.DoNotRetry));
        Assert.That(entry.Result, Is.EqualTo(0xDEAD_BEEF));
        Assert.That(entry.Dword1, Is.EqualTo(0x0102_0304));

        // DW3: command identifier, phase in bit 16, status code from bit 17 on, DNR in bit 31.
        Span<uint> dwords = MemoryMarshal.Cast<CompletionEntry, uint>(new Span<CompletionEntry>(ref entry));
        uint dword3 = 0x1234u | (phase ? 1u << 16 : 0) | (0x80u << 17) | (1u << 31);
        Assert.That(dwords.ToArray(), Is.EqualTo(new[] { 0xDEAD_BEEF, 0x0102_0304u, 0x5678_9ABCu, dword3 }));
    }

    [Test]
    public void The_halves_of_a_completion_entry_are_its_bytes()
    {
        CompletionEntry entry = CompletionEntry.Create(
            1, 2, 3, true, StatusCode.UnrecoveredReadError, 0x1111_2222, 0x3333_4444);
        Span<ulong> halves = MemoryMarshal.Cast<CompletionEntry, ulong>(new Span<CompletionEntry>(ref entry));
        Assert.That(halves.ToArray(), Is.EqualTo(new[] { entry.LowHalf, entry.HighHalf }));
    }
}
