using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace NvmeDoorbell.Tests.Architecture;

/// <summary>Unsafe code is where it has to be, says why it is safe, and is no part of Core's public face.</summary>
public sealed class UnsafeTests
{
    private static readonly string[] Allowed = ["Core/Memory/", "Core/Doorbells/", "Core/Queues/", "Interop/"];

    [Test]
    public void Unsafe_code_is_only_where_memory_is_shared()
    {
        string[] places = [.. Shipped().SelectMany(file => UnsafeTokens(file).Select(token => file.At(token)))];
        Assert.That(places, Is.Not.Empty);
        Assert.That(places.Where(place => !Allowed.Any(start => place.StartsWith(start, StringComparison.Ordinal))),
            Is.Empty);
    }

    [Test]
    public void Unsafe_code_says_why_it_is_safe()
    {
        IReadOnlyList<SourceFile> files = Shipped();
        Assert.That(files.SelectMany(UnsafeTokens), Is.Not.Empty);
        Assert.That(files.SelectMany(WithoutReason), Is.Empty);
    }

    [TestCase("class A\n{\n    unsafe void F(int* p) { }\n}", 1)]
    [TestCase("class A\n{\n    void F()\n    {\n        // SAFETY: none is needed.\n        unsafe { }\n    }\n}", 0)]
    [TestCase("class A\n{\n    void F()\n    {\n        unsafe\n        {\n            // SAFETY: inside.\n            F();\n        }\n    }\n}", 0)]
    [TestCase("class A\n{\n    void F()\n    {\n        // SAFETY: another.\n        F();\n        unsafe { }\n    }\n}", 1)]
    [TestCase("// SAFETY: of all in here.\nunsafe class A;", 0)]
    [TestCase("unsafe class A\n{\n    int* P => null;\n}", 1)]
    [TestCase("class A\n{\n    // unsafe is only said here\n    string F => \"unsafe\";\n}", 0)]
    public void The_search_for_reasons_finds(string source, int unsaid) =>
        Assert.That(WithoutReason(new SourceFile("A.cs", source)).Count(), Is.EqualTo(unsaid));

    [Test]
    public void Core_has_no_raw_pointer_in_its_public_face()
    {
        PublicApi core = PublicApi.Of("NvmeDoorbell.Core");
        Assert.That(core.TypesInSignatures(), Is.Not.Empty);
        Assert.That(core.TypesInSignatures().Where(use => PublicApi.HasPointer(use.Type)).Select(use => use.Member),
            Is.Empty);
    }

    [TestCase(typeof(int*), true)]
    [TestCase(typeof(int*[]), true)]
    [TestCase(typeof(void**), true)]
    [TestCase(typeof(List<nint[]>), false)]
    public void The_search_for_pointers_knows(Type type, bool isPointer) =>
        Assert.That(PublicApi.HasPointer(type), Is.EqualTo(isPointer));

    private static IReadOnlyList<SourceFile> Shipped() =>
        [.. SourceTree.Files("Core", ".cs"), .. SourceTree.Files("Interop", ".cs")];

    private static IEnumerable<SyntaxToken> UnsafeTokens(SourceFile file) =>
        file.Syntax.DescendantTokens().Where(token => token.IsKind(SyntaxKind.UnsafeKeyword));

    private static IEnumerable<string> WithoutReason(SourceFile file) =>
        UnsafeTokens(file).Where(token => !HasReason(token)).Select(token => file.At(token));

    // A comment above what is unsafe, or inside it.
    private static bool HasReason(SyntaxToken token) =>
        token.Parent!.ToFullString().Contains("// SAFETY: ", StringComparison.Ordinal);
}
