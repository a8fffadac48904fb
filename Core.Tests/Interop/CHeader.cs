using System.Globalization;
using System.Text.RegularExpressions;
using NvmeDoorbell.Tests.Architecture;

namespace NvmeDoorbell.Tests.Interop;

/// <summary>
/// nvme_doorbell.h, read: enough of C to know its structs as a 64-bit compiler lays them out, its exported functions and
/// its constants.
/// </summary>
internal sealed partial class CHeader
{
    private static readonly Dictionary<string, int> ScalarBytes = new()
    {
        ["uint8_t"] = 1,
        ["uint16_t"] = 2,
        ["uint32_t"] = 4,
        ["int32_t"] = 4,
        ["int"] = 4,
        ["nvmedb_status"] = 4,
        ["uint64_t"] = 8,
        ["size_t"] = 8,
    };

    private readonly string _text;
    private readonly HashSet<string> _handles;

    private CHeader(string text)
    {
        _text = Comment().Replace(text, " ");
        _handles = [.. HandleTypedef().Matches(_text).Select(match => match.Groups[1].Value)];
    }

    public static CHeader Read() =>
        new(File.ReadAllText(Path.Combine(SourceTree.Root, "Interop/include/nvme_doorbell.h")));

    /// <summary>Every struct: fields with offset and size, and the whole's size.</summary>
    public IReadOnlyList<CStruct> Structs() => [.. StructBody().Matches(_text).Select(match =>
        Layout(match.Groups["name"].Value, match.Groups["body"].Value))];

    /// <summary>Functions that the library exports: declared here, not defined.</summary>
    public IReadOnlyList<CFunction> Functions() => [.. Prototype().Matches(_text).Select(match =>
        new CFunction(match.Groups["name"].Value, TypeOf(match.Groups["type"].Value),
            [.. Parameters(match.Groups["parameters"].Value)]))];

    /// <summary>Constants with a plain number: #define NAME 1u, and enumerators NAME = 1.</summary>
    public IReadOnlyDictionary<string, long> Constants() => Constant().Matches(_text)
        .Concat(Define().Matches(_text))
        .ToDictionary(match => match.Groups["name"].Value,
            match => long.Parse(match.Groups["value"].Value, CultureInfo.InvariantCulture));

    private CStruct Layout(string name, string body)
    {
        List<CField> fields = [];
        int offset = 0;
        int alignment = 1;
        foreach (string declaration in body.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            Match callback = FunctionPointer().Match(declaration);
            Match plain = Field().Match(declaration);
            if (!callback.Success && !plain.Success)
                throw new FormatException($"{name}: not understood: {declaration}");
            string field = (callback.Success ? callback : plain).Groups["name"].Value;
            int bytes = callback.Success ? 8 : BytesOf(TypeOf(plain.Groups["type"].Value));
            int count = plain.Groups["count"].Success && !callback.Success
                ? int.Parse(plain.Groups["count"].Value, CultureInfo.InvariantCulture)
                : 1;
            offset = (offset + bytes - 1) / bytes * bytes;
            fields.Add(new CField(field, offset, bytes * count));
            offset += bytes * count;
            alignment = Math.Max(alignment, bytes);
        }

        return new CStruct(name, (offset + alignment - 1) / alignment * alignment, fields);
    }

    private IEnumerable<string> Parameters(string parameters)
    {
        // A callback's own commas are no separators.
        string flat = FunctionPointer().Replace(parameters, "void *${name}");
        return flat.Trim() is "" or "void"
            ? []
            : flat.Split(',').Select(parameter => TypeOf(ParameterName().Replace(parameter.Trim(), "")));
    }

    // "pointer", or the name of a scalar; handles are uint64_t.
    private string TypeOf(string type)
    {
        string name = type.Replace("const ", "", StringComparison.Ordinal).Trim();
        return name.Contains('*', StringComparison.Ordinal) ? "pointer" : _handles.Contains(name) ? "uint64_t" : name;
    }

    private static int BytesOf(string type) => type == "pointer" ? 8 : ScalarBytes[type];

    [GeneratedRegex(@"/\*.*?\*/", RegexOptions.Singleline)]
    private static partial Regex Comment();

    [GeneratedRegex(@"typedef uint64_t (nvmedb_\w+_handle);")]
    private static partial Regex HandleTypedef();

    [GeneratedRegex(@"typedef struct \w+ \{(?<body>[^}]*)\} (?<name>\w+);")]
    private static partial Regex StructBody();

    [GeneratedRegex(@"^(?<type>(const )?\w+[ *]+)(?<name>nvmedb_\w+)\((?<parameters>[^{;]*)\);", RegexOptions.Multiline)]
    private static partial Regex Prototype();

    [GeneratedRegex(@"\w+ \(\*(?<name>\w+)\)\([^)]*\)")]
    private static partial Regex FunctionPointer();

    [GeneratedRegex(@"^(?<type>(const )?\w+[ *]+)(?<name>\w+)(\[(?<count>\d+)\])?$")]
    private static partial Regex Field();

    [GeneratedRegex(@"\w+$")]
    private static partial Regex ParameterName();

    [GeneratedRegex(@"^\s*(enum \{ )?((?<name>NVMEDB_\w+) = (?<value>-?\d+))", RegexOptions.Multiline)]
    private static partial Regex Constant();

    [GeneratedRegex(@"^#define (?<name>NVMEDB_\w+) (?<value>\d+)u?$", RegexOptions.Multiline)]
    private static partial Regex Define();
}

internal sealed record CField(string Name, int OffsetBytes, int LengthBytes);

internal sealed record CStruct(string Name, int LengthBytes, IReadOnlyList<CField> Fields);

internal sealed record CFunction(string Name, string Returns, IReadOnlyList<string> Parameters);
