using System.Collections.Frozen;
using System.Reflection;
using System.Reflection.Emit;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;

namespace NvmeDoorbell.Tests.Architecture;

/// <summary>Walks the instructions of a method body and yields the metadata tokens that they name.</summary>
internal static class IlReader
{
    private const int TwoBytePrefix = 0xFE;

    private static readonly FrozenDictionary<int, OpCode> OpCodesByValue = typeof(OpCodes)
        .GetFields(BindingFlags.Public | BindingFlags.Static)
        .Select(field => (OpCode)field.GetValue(null)!)
        .ToFrozenDictionary(code => code.Value & 0xFFFF);

    public static IEnumerable<EntityHandle> Tokens(byte[] il)
    {
        int at = 0;
        while (at < il.Length)
        {
            int value = il[at++];
            if (value == TwoBytePrefix)
                value = (value << 8) | il[at++];
            OpCode code = OpCodesByValue[value];
            switch (code.OperandType)
            {
                case OperandType.InlineField or OperandType.InlineMethod or OperandType.InlineSig
                    or OperandType.InlineTok or OperandType.InlineType:
                    yield return MetadataTokens.EntityHandle(BitConverter.ToInt32(il, at));
                    at += 4;
                    break;
                case OperandType.InlineSwitch:
                    at += 4 + (4 * BitConverter.ToInt32(il, at));
                    break;
                default:
                    at += OperandBytes(code.OperandType);
                    break;
            }
        }
    }

    private static int OperandBytes(OperandType type) => type switch
    {
        OperandType.InlineNone => 0,
        OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar => 1,
        OperandType.InlineVar => 2,
        OperandType.InlineI8 or OperandType.InlineR => 8,
        OperandType.InlineBrTarget or OperandType.InlineI or OperandType.InlineString
            or OperandType.ShortInlineR => 4,
        _ => throw new BadImageFormatException($"operand type {type}"),
    };
}
