using System.Globalization;
using System.Numerics;
using System.Reflection;
using NvmeDoorbell.Spec;

namespace NvmeDoorbell.Tests.Spec;

/// <summary>Every field of a register is where the specification has it, and leaves the others alone.</summary>
public sealed class RegisterFieldTests
{
    /// <summary>By register: the name of each property, its lowest and its highest bit.</summary>
    private static readonly Dictionary<Type, (string Name, int Low, int High)[]> Registers = new()
    {
        [typeof(ControllerCapabilities)] =
        [
            ("MaximumQueueEntriesSupported", 0, 15), ("ContiguousQueuesRequired", 16, 16),
            ("ArbitrationMechanismSupported", 17, 18), ("Timeout", 24, 31), ("DoorbellStride", 32, 35),
            ("SubsystemResetSupported", 36, 36), ("CommandSetsSupported", 37, 44), ("BootPartitionSupport", 45, 45),
            ("ControllerPowerScope", 46, 47), ("MemoryPageSizeMinimum", 48, 51), ("MemoryPageSizeMaximum", 52, 55),
            ("PersistentMemoryRegionSupported", 56, 56), ("ControllerMemoryBufferSupported", 57, 57),
            ("SubsystemShutdownSupported", 58, 58), ("ControllerReadyModesSupported", 59, 60),
        ],
        [typeof(ControllerConfiguration)] =
        [
            ("Enable", 0, 0), ("CommandSetSelected", 4, 6), ("MemoryPageSize", 7, 10), ("ArbitrationMechanism", 11, 13),
            ("ShutdownNotification", 14, 15), ("IoSubmissionEntrySize", 16, 19), ("IoCompletionEntrySize", 20, 23),
            ("ReadyIndependentOfMedia", 24, 24),
        ],
        [typeof(ControllerStatus)] =
        [
            ("Ready", 0, 0), ("FatalStatus", 1, 1), ("ShutdownStatus", 2, 3), ("SubsystemResetOccurred", 4, 4),
            ("ProcessingPaused", 5, 5), ("ShutdownType", 6, 6),
        ],
        [typeof(AdminQueueAttributes)] = [("SubmissionQueueSize", 0, 11), ("CompletionQueueSize", 16, 27)],
        [typeof(LbaFormat)] = [("MetadataSizeBytes", 0, 15), ("DataSize", 16, 23), ("RelativePerformance", 24, 25)],
    };

    private static IEnumerable<Type> Types => Registers.Keys;

    [Test]
    public void Every_register_of_the_specification_folder_is_tested_here()
    {
        Type[] registers = [.. typeof(SubmissionEntry).Assembly.GetTypes()
            .Where(type => type is { IsValueType: true, IsEnum: false, Namespace: "NvmeDoorbell.Spec" })
            .Where(type => type.GetProperty("Value") is not null)];
        Assert.That(registers, Is.Not.Empty);
        Assert.That(registers, Is.EquivalentTo(Types));
    }

    [TestCaseSource(nameof(Types))]
    public void Every_field_is_named_here(Type type)
    {
        string[] properties = [.. Fields(type).Select(property => property.Name)];
        Assert.That(properties, Is.Not.Empty);
        Assert.That(properties, Is.EquivalentTo(Registers[type].Select(field => field.Name)));
    }

    [TestCaseSource(nameof(Types))]
    public void A_field_sets_its_bits_and_no_others(Type type)
    {
        foreach ((string name, int low, int high) in Registers[type])
        {
            PropertyInfo property = type.GetProperty(name)!;
            ulong mask = ((1UL << (high - low + 1)) - 1) << low;
            Assert.That(With(type, 0, property, ulong.MaxValue), Is.EqualTo(mask), $"{name} set in 0");
            ulong all = type.GetProperty("Value")!.PropertyType == typeof(ulong) ? ulong.MaxValue : uint.MaxValue;
            Assert.That(With(type, all, property, 0), Is.EqualTo(all & ~mask), $"{name} cleared in all ones");
            Assert.That(Get(type, all & ~mask, property), Is.Zero, $"{name} read where the others are set");
            Assert.That(Get(type, mask, property), Is.EqualTo(mask >> low), $"{name} read where it alone is set");
        }
    }

    [Test]
    public void Defined_bits_are_those_of_the_fields()
    {
        Assert.That(MaskOf(typeof(ControllerConfiguration)), Is.EqualTo(ControllerConfiguration.DefinedBits));
        Assert.That(MaskOf(typeof(AdminQueueAttributes)), Is.EqualTo(AdminQueueAttributes.DefinedBits));
    }

    private static ulong MaskOf(Type type) => Registers[type]
        .Aggregate(0UL, (mask, field) => mask | (((1UL << (field.High - field.Low + 1)) - 1) << field.Low));

    private static IEnumerable<PropertyInfo> Fields(Type type) =>
        type.GetProperties().Where(property => property.Name != "Value");

    private static object Make(Type type, ulong value) =>
        Activator.CreateInstance(type, Number(type.GetProperty("Value")!.PropertyType, value))!;

    private static ulong With(Type type, ulong value, PropertyInfo property, ulong field)
    {
        object register = Make(type, value);
        property.SetValue(register, Number(property.PropertyType, field));
        return Convert.ToUInt64(type.GetProperty("Value")!.GetValue(register), CultureInfo.InvariantCulture);
    }

    private static ulong Get(Type type, ulong value, PropertyInfo property) =>
        Convert.ToUInt64(property.GetValue(Make(type, value)), CultureInfo.InvariantCulture);

    // The low bits of a number as the type of a property.
    private static object Number(Type type, ulong value) =>
        type == typeof(bool) ? value != 0
        : type == typeof(byte) ? (byte)value
        : type == typeof(ushort) ? (ushort)value
        : type == typeof(uint) ? (uint)value
        : type == typeof(ulong) ? value
        : type.IsEnum ? Enum.ToObject(type, (byte)value)
        : throw new ArgumentException($"A register field of type {type}.", nameof(type));

    [TestCase(0UL, 0, 0x1000UL, 0x1004UL)]
    [TestCase(1UL, 0, 0x1008UL, 0x100CUL)]
    [TestCase(65535UL, 0, 0x1000UL + (131070 * 4), 0x1000UL + (131071 * 4))]
    [TestCase(3UL, 2, 0x1000UL + (6 * 16), 0x1000UL + (7 * 16))]
    [TestCase(65535UL, 15, 0x1000UL + (131070UL * 131072), 0x1000UL + (131071UL * 131072))]
    public void Doorbells_are_where_the_transport_has_them(ulong queue, int stride, ulong tail, ulong head)
    {
        Assert.That(DoorbellRegister.SubmissionTail((int)queue, stride), Is.EqualTo(tail));
        Assert.That(DoorbellRegister.CompletionHead((int)queue, stride), Is.EqualTo(head));
    }

    [Test]
    public void Registers_do_not_overlap()
    {
        ulong[] offsets = [.. typeof(RegisterOffset).GetFields().Select(field => (ulong)field.GetRawConstantValue()!)];
        Assert.That(offsets, Is.Not.Empty);
        Assert.That(offsets, Is.Unique);
        Assert.That(offsets, Is.Ordered);
        Assert.That(offsets.Select(BitOperations.TrailingZeroCount), Is.All.GreaterThanOrEqualTo(2));
    }
}
