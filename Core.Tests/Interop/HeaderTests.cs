using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using NvmeDoorbell.Doorbells;
using NvmeDoorbell.Interop.Native;
using NvmeDoorbell.Memory;

namespace NvmeDoorbell.Tests.Interop;

/// <summary>The header and the library say the same: functions, layouts, numbers.</summary>
public sealed class HeaderTests
{
    private static readonly CHeader Header = CHeader.Read();

    private static readonly Dictionary<string, Type> Mirrors = new()
    {
        ["nvmedb_runtime_stats"] = typeof(RuntimeStats),
        ["nvmedb_doorbells_config"] = typeof(DoorbellsConfig),
        ["nvmedb_reactor_config"] = typeof(ReactorConfig),
        ["nvmedb_reactor_stats"] = typeof(ReactorStats),
        ["nvmedb_subsystem_config"] = typeof(SubsystemConfig),
        ["nvmedb_controller_config"] = typeof(ControllerConfig),
        ["nvmedb_controller_stats"] = typeof(ControllerStats),
        ["nvmedb_namespace_config"] = typeof(NamespaceConfig),
        ["nvmedb_disk_faults"] = typeof(DiskFaults),
        ["nvmedb_disk_fault_stats"] = typeof(DiskFaultStats),
        ["nvmedb_interrupt_faults"] = typeof(InterruptFaults),
        ["nvmedb_interrupt_fault_stats"] = typeof(InterruptFaultStats),
        ["nvmedb_segment"] = typeof(GuestSegment),
        ["nvmedb_disk_request"] = typeof(NativeDiskRequest),
        ["nvmedb_disk_callbacks"] = typeof(NativeDiskCallbacks),
    };

    // What the inline ring reads. The C# sides leave out what is reserved, and name of the private cells the first.
    private static readonly Dictionary<string, Type> NativeCells = new()
    {
        ["nvmedb_slot"] = typeof(DoorbellSlot),
        ["nvmedb_doorbells"] = typeof(DoorbellHeader),
        ["nvmedb_waker_cell"] = typeof(WakerCell),
        ["nvmedb_reactor_cell"] = typeof(ReactorCell),
    };

    private static IEnumerable<string> MirroredStructs => Mirrors.Keys;

    private static IEnumerable<string> NativeStructs => NativeCells.Keys;

    [Test]
    public void Every_struct_of_the_header_has_its_mirror() =>
        Assert.That(Mirrors.Keys.Concat(NativeCells.Keys), Is.EquivalentTo(Header.Structs().Select(layout => layout.Name)));

    [TestCaseSource(nameof(NativeStructs))]
    public void A_cell_is_laid_out_as_the_inline_ring_reads_it(string name)
    {
        CStruct expected = Header.Structs().Single(layout => layout.Name == name);
        Type cell = NativeCells[name];
        FieldInfo[] fields = cell.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic);
        IEnumerable<CField> actual = fields
            .Select(field => field.Name == nameof(DoorbellSlot.FirstCell)
                ? new CField("cells", OffsetOf(cell, field), SizeOf(field.FieldType) * DoorbellSlot.CellCount)
                : new CField(SnakeCase(field.Name), OffsetOf(cell, field), SizeOf(field.FieldType)))
            .OrderBy(field => field.OffsetBytes);

        Assert.That(actual, Is.EqualTo(expected.Fields.Where(field =>
            !field.Name.StartsWith("reserved", StringComparison.Ordinal))));
        Assert.That(SizeOf(cell), Is.EqualTo(expected.LengthBytes));
    }

    [TestCaseSource(nameof(MirroredStructs))]
    public void A_struct_is_laid_out_as_in_the_header(string name)
    {
        CStruct expected = Header.Structs().Single(layout => layout.Name == name);
        Type mirror = Mirrors[name];
        FieldInfo[] fields = mirror.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic);
        IEnumerable<CField> actual = fields
            .Select(field => new CField(SnakeCase(field.Name), OffsetOf(mirror, field), SizeOf(field.FieldType)))
            .OrderBy(field => field.OffsetBytes);

        Assert.That(actual, Is.EqualTo(expected.Fields));
        Assert.That(SizeOf(mirror), Is.EqualTo(expected.LengthBytes));
        Assert.That(fields, Is.Not.Empty);
    }

    [Test]
    public void Every_function_of_the_header_is_exported_and_every_export_is_in_the_header()
    {
        CFunction[] declared = [.. Header.Functions()];
        CFunction[] exported = [.. Exports().Select(Describe)];

        Assert.That(declared, Is.Not.Empty);
        Assert.That(declared.Select(function => function.Name), Is.Unique);
        Assert.That(exported.Select(Sentence), Is.EquivalentTo(declared.Select(Sentence)));
    }

    [Test]
    public void Every_status_has_its_number_and_its_name_in_the_text()
    {
        IReadOnlyDictionary<string, long> constants = Header.Constants();
        string[] names = [.. constants.Keys.Where(name =>
            name is "NVMEDB_OK" or "NVMEDB_PENDING" || name.StartsWith("NVMEDB_E_", StringComparison.Ordinal))];
        Assert.That(names, Has.Length.EqualTo(17));
        foreach (string name in names)
        {
            string text = System.Text.Encoding.UTF8.GetString(Status.Text((int)constants[name]));
            Assert.That(text, Does.StartWith(name + ":"));
        }
    }

    [Test]
    public void The_abi_version_is_the_headers() =>
        Assert.That(Header.Constants()["NVMEDB_ABI_VERSION"], Is.EqualTo(RuntimeCalls.AbiVersion));

    private static IEnumerable<MethodInfo> Exports() => typeof(RuntimeExports).Assembly.GetTypes()
        .SelectMany(type => type.GetMethods(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic))
        .Where(method => method.GetCustomAttribute<UnmanagedCallersOnlyAttribute>()?.EntryPoint is not null);

    private static CFunction Describe(MethodInfo method) => new(
        method.GetCustomAttribute<UnmanagedCallersOnlyAttribute>()!.EntryPoint!,
        CType(method.ReturnType),
        [.. method.GetParameters().Select(parameter => CType(parameter.ParameterType))]);

    private static string CType(Type type) => type.IsPointer || type.IsFunctionPointer ? "pointer"
        : type == typeof(uint) ? "uint32_t"
        : type == typeof(int) ? "int"
        : type == typeof(ulong) ? "uint64_t"
        : type == typeof(nuint) ? "size_t"
        : type.Name;

    private static string Sentence(CFunction function) =>
        $"{Int(function.Returns)} {function.Name}({string.Join(", ", function.Parameters.Select(Int))})";

    // nvmedb_status is an int32_t.
    private static string Int(string type) => type is "nvmedb_status" or "int32_t" ? "int" : type;

    private static int OffsetOf(Type type, FieldInfo field) => (int)Marshal.OffsetOf(type, field.Name);

    private static int SizeOf(Type type) => type.IsPointer || type.IsFunctionPointer
        ? IntPtr.Size
        : (int)typeof(Unsafe).GetMethod(nameof(Unsafe.SizeOf))!.MakeGenericMethod(type).Invoke(null, null)!;

    // A property's field is <Name>k__BackingField.
    private static string SnakeCase(string name)
    {
        string plain = name.StartsWith('<') ? name[1..name.IndexOf('>', StringComparison.Ordinal)] : name;
        return string.Concat(plain.TrimStart('_').Select((letter, i) => char.IsUpper(letter)
            ? (i == 0 ? "" : "_") + char.ToLower(letter, CultureInfo.InvariantCulture)
            : letter.ToString()));
    }
}
