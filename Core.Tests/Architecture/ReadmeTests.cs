using System.Text.RegularExpressions;

namespace NvmeDoorbell.Tests.Architecture;

/// <summary>What the README shows is what is built and run: its examples are files of the tree, its links lead somewhere.</summary>
public sealed partial class ReadmeTests
{
    private static readonly SourceFile Readme = SourceFile.Read(Path.Combine(SourceTree.Root, "README.md"));

    [Test]
    public void Examples_in_the_readme_are_the_files_they_name()
    {
        Match[] examples = Example().Matches(Readme.Text).ToArray();
        Assert.That(examples.Select(example => example.Groups["language"].Value), Is.SupersetOf(new[] { "c", "csharp" }));
        Assert.Multiple(() =>
        {
            foreach (Match example in examples)
            {
                string path = example.Groups["path"].Value;
                Assert.That(example.Groups["code"].Value,
                    Is.EqualTo(File.ReadAllText(Path.Combine(SourceTree.Root, path))), path);
            }
        });
    }

    [Test]
    public void Links_in_the_documents_lead_to_files()
    {
        List<string> links = [];
        List<string> broken = [];
        foreach (SourceFile document in SourceTree.Files(".", ".md"))
        {
            string folder = Path.GetDirectoryName(Path.Combine(SourceTree.Root, document.Path))!;
            foreach (Match link in Link().Matches(document.Text))
            {
                string target = link.Groups["target"].Value;
                if (target.Contains("://", StringComparison.Ordinal))
                    continue;
                links.Add(target);
                if (!Path.Exists(Path.Combine(folder, target.Split('#')[0])))
                    broken.Add($"{document.Path}: {target}");
            }
        }
        Assert.That(links, Is.Not.Empty);
        Assert.That(broken, Is.Empty);
    }

    [GeneratedRegex("<!-- (?<path>[^ ]+) -->\n```(?<language>[a-z]+)\n(?<code>.*?)```", RegexOptions.Singleline)]
    private static partial Regex Example();

    [GeneratedRegex(@"\]\((?<target>[^)#][^)]*)\)")]
    private static partial Regex Link();
}
