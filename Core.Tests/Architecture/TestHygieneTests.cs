using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace NvmeDoorbell.Tests.Architecture;

/// <summary>A test proves something each time it runs: it does not sleep, retry, pass by hand or stay away.</summary>
public sealed class TestHygieneTests
{
    private static readonly string[] BadCalls =
    [
        "Thread.Sleep", "Task.Delay", "Assert.Ignore", "Assert.Inconclusive", "Assert.Pass", "Assert.Warn", "Warn.If",
        "Warn.Unless", "Assume.That",
    ];

    private static readonly string[] BadAttributes =
        ["Ignore", "Explicit", "Retry", "Repeat", "MaxTime", "Platform", "CancelAfter"];

    [Test]
    public void Tests_neither_sleep_nor_stay_away()
    {
        IReadOnlyList<SourceFile> files = SourceTree.Files("Core.Tests", ".cs");
        Assert.That(files.SelectMany(Attributes).Select(NameOf), Does.Contain("Test"));
        Assert.That(files.SelectMany(Offences), Is.Empty);
    }

    [TestCase("[Test] public void A() => Thread.Sleep(1);", 1)]
    [TestCase("[Test] public Task A() => Task.Delay(1);", 1)]
    [TestCase("[Test] public Task A() => System.Threading.Tasks.Task.Delay(1);", 1)]
    [TestCase("[Test, Ignore(\"later\")] public void A() { }", 1)]
    [TestCase("[Test, NUnit.Framework.RetryAttribute(2)] public void A() { }", 1)]
    [TestCase("[Test] public void A() { Assert.Inconclusive(); Assert.Pass(\"\"); }", 2)]
    [TestCase("[TestCase(1, Explicit = true)] public void A(int n) { }", 1)]
    [TestCase("[Test] public void A() => Assert.That(\"Thread.Sleep\", Is.Not.Empty); // [Ignore]", 0)]
    public void The_search_for_such_tests_finds(string method, int offences) =>
        Assert.That(Offences(new SourceFile("A.cs", $"public class A {{ {method} }}")).Count(), Is.EqualTo(offences));

    private static IEnumerable<string> Offences(SourceFile file)
    {
        foreach (MemberAccessExpressionSyntax access in file.Syntax.DescendantNodes().OfType<MemberAccessExpressionSyntax>())
        {
            string name = access.ToString();
            if (BadCalls.Any(call => name == call || name.EndsWith("." + call, StringComparison.Ordinal)))
                yield return $"{file.At(access)}: {name}";
        }
        foreach (AttributeSyntax attribute in Attributes(file))
        {
            string[] arguments = [.. attribute.DescendantNodes().OfType<NameEqualsSyntax>().Select(name => name.Name.ToString())];
            if (BadAttributes.Contains(NameOf(attribute)) || arguments.Any(BadAttributes.Contains))
                yield return $"{file.At(attribute)}: {attribute}";
        }
    }

    private static IEnumerable<AttributeSyntax> Attributes(SourceFile file) =>
        file.Syntax.DescendantNodes().OfType<AttributeSyntax>();

    private static string NameOf(AttributeSyntax attribute)
    {
        string name = attribute.Name.ToString().Split('.')[^1];
        return name.EndsWith("Attribute", StringComparison.Ordinal) ? name[..^"Attribute".Length] : name;
    }
}
