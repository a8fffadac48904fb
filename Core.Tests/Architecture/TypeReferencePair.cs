namespace NvmeDoorbell.Tests.Architecture;

/// <summary>One type refers to another.</summary>
internal sealed record TypeReferencePair(string FromNamespace, string From, string ToNamespace, string To)
{
    public override string ToString() => $"{FromNamespace}.{From} -> {ToNamespace}.{To}";
}
