using NvmeDoorbell.Spec;

namespace NvmeDoorbell.Controller;

/// <content>Results and the test under way as saved state.</content>
internal sealed partial class SelfTest
{
    private const int LeastResultBytes = 26;

    /// <summary>Saves them. Still.</summary>
    public void Save(StateWriter writer)
    {
        writer.BeginSection(StateSection.SelfTest);
        writer.WriteCount(_results.Count);
        foreach (SelfTestResult result in _results)
            result.Save(writer);
        writer.Write(_run is not null);
        if (_run is { } run)
        {
            (uint[] targets, int done, ulong reads) = run.Position;
            writer.Write((byte)run.Code);
            writer.Write(run.NamespaceId);
            writer.WriteAll(targets);
            writer.WriteCount(done);
            writer.Write(reads);
        }
        writer.EndSection();
    }

    /// <summary>Reads them.</summary>
    /// <param name="reader">Of their section.</param>
    /// <param name="namespaces">The namespaces that there will be.</param>
    /// <returns>Takes them over, when the namespaces are there.</returns>
    public Action Read(StateReader reader, NamespacesState namespaces)
    {
        var results = new SelfTestResult[reader.ReadCount(Results, LeastResultBytes)];
        for (int index = 0; index < results.Length; index++)
            results[index] = SelfTestResult.Read(ref reader);
        Func<SelfTestRun>? run = reader.ReadBoolean() ? ReadRun(ref reader, namespaces) : null;
        reader.End();
        return () =>
        {
            _results.Clear();
            _results.AddRange(results);
            _run?.Free(); // it has no read under way
            _run = run?.Invoke();
        };
    }

    private Func<SelfTestRun> ReadRun(ref StateReader reader, NamespacesState namespaces)
    {
        var code = (SelfTestCode)reader.ReadByte();
        reader.Require(code is SelfTestCode.ShortTest or SelfTestCode.ExtendedTest, "a self-test is of no kind");
        uint namespaceId = reader.ReadUInt32();
        uint[] targets = reader.ReadUInt32s((int)NamespaceTable.MaxId);
        int done = reader.ReadCount(targets.Length, 0);
        ulong reads = reader.ReadUInt64();
        reader.Require(
            Array.FindIndex(targets, done, nsid => !namespaces.IsAttached(nsid)) < 0 && reads < SelfTestRun.ExtendedReads,
            "a self-test is about a namespace that there is not, or has read more than there is");
        return () =>
        {
            // What has been read already may be gone: of that only the number counts.
            Namespace[] found = Array.ConvertAll(
                targets, nsid => _context.Namespaces.TryGet(nsid, out Namespace? target) ? target : null!);
            int first = Array.FindIndex(found, done, target => target is null);
            return first < 0
                ? new SelfTestRun(code, namespaceId, found) { Position = (targets, done, reads) }
                : new SelfTestRun(code, namespaceId, []); // the embedder has taken it away in this moment
        };
    }
}
