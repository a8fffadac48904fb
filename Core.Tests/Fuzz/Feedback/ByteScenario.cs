using NvmeDoorbell.Tests.Fuzz.Bytes;

namespace NvmeDoorbell.Tests.Fuzz.Feedback;

/// <summary>
/// Inputs that are made from inputs, for a byte target: what takes a branch that none took before is kept, and is the
/// parent of others. It begins with the inputs that belong to the sources and those that earlier runs have found.
/// </summary>
internal sealed class ByteScenario : Scenario
{
    private static readonly TimeSpan TrimTime = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan ShrinkTime = TimeSpan.FromSeconds(5);

    private readonly string _name;
    private readonly ByteTarget _target;
    private readonly TraceMap _map = new();
    private readonly Corpus _corpus = new();
    private readonly Mutator _mutator;
    private readonly CurrentInput _current;
    private readonly List<byte[]> _found = [];
    private readonly Queue<byte[]> _first;
    private readonly FuzzOptions _options;
    private (byte[] Input, Exception Exception)? _failedTrim;
    private long _inputs;

    /// <param name="name">The target's name.</param>
    /// <param name="target">What takes the inputs.</param>
    /// <param name="options">Whether to replay or distill, and nothing else.</param>
    public ByteScenario(string name, ByteTarget target, FuzzOptions options)
    {
        (_name, _target, _options) = (name, target, options);
        _mutator = new Mutator(target.MaxBytes, target.Words);
        _current = new CurrentInput(FuzzFiles.CurrentOf(name), target.MaxBytes);
        IEnumerable<byte[]> first = options.Input is { } file
            ? CorpusFile.Read(file)
            : [[], .. CorpusFile.Read(CorpusFile.PathOf(name)), .. CorpusFile.Read(FuzzFiles.CorpusOf(name))];
        // The short ones first: what a long one does more is what it is kept for.
        _first = new Queue<byte[]>(options.IsDistill ? first.OrderBy(input => input.Length) : first);
    }

    private bool IsReplay => _options.Input is not null;

    /// <summary>The instrumentation counts for all threads in one place.</summary>
    public override int MaxThreads => 1;

    public override string Summary => $"{_inputs} inputs, {_corpus.Count} kept, {_found.Count} of them new; {_map.Places} branches";

    public override void Attack(Worker worker)
    {
        worker.Doing = "running an input";
        if (_first.TryDequeue(out byte[]? first))
        {
            if (first.Length <= _target.MaxBytes && TryRun(worker, first) && _map.TryTakeNew(placesOnly: _options.IsDistill))
                _corpus.Add(first);
            return;
        }
        if (IsReplay || _options.IsDistill)
        {
            worker.IsDone = true;
            return;
        }
        FuzzRandom random = worker.Random;
        if (_corpus.Count == 0)
            _corpus.Add([]);
        Corpus.Entry parent = _corpus.Next(random);
        for (int children = parent.Energy; children > 0; children--)
        {
            ReadOnlySpan<byte> child = _mutator.Make(random, parent.Input, _corpus.Any(random));
            if (!TryRun(worker, child))
                return;
            if (!_map.TryTakeNew())
                continue;
            parent.Turns = 0;
            byte[] kept = Trim(child.ToArray());
            _corpus.Add(kept);
            _found.Add(kept);
            if (_failedTrim is { } failed)
            {
                Tell(worker, failed.Input, failed.Exception);
                return;
            }
        }
    }

    public override void Finish()
    {
        _target.Dispose();
        _current.Dispose();
        if (_found.Count > 0)
            CorpusFile.Write(FuzzFiles.CorpusOf(_name), [.. CorpusFile.Read(FuzzFiles.CorpusOf(_name)), .. _found]);
        if (_options.IsDistill)
            CorpusFile.Write(FuzzFiles.DistilledOf(_name), _corpus.All);
    }

    /// <summary>Runs an input; false: it has failed, and that has been told.</summary>
    private bool TryRun(Worker worker, ReadOnlySpan<byte> input)
    {
        _inputs++;
        _current.Set(input);
        TraceMap.Begin();
        try
        {
            worker.Count(_target.Run(input));
            return true;
        }
        catch (Exception e)
        {
            Tell(worker, input.ToArray(), e);
            return false;
        }
    }

    private void Tell(Worker worker, byte[] input, Exception exception)
    {
        worker.Doing = "making a failing input smaller";
        worker.IsDone = true;
        byte[] smaller = IsReplay ? input : Minimizer.Shrink(input, each => Fails(each, exception), ShrinkTime);
        if (!IsReplay)
        {
            Input = FuzzFiles.FailureOf(_name, smaller);
            CorpusFile.Write(Input, [smaller]);
        }
        Findings.Add($"input of {smaller.Length} bytes: {exception}");
    }

    private bool Fails(byte[] input, Exception exception)
    {
        try
        {
            _target.Run(input);
            return false;
        }
        catch (Exception e)
        {
            return e.GetType() == exception.GetType() && e.StackTrace?.Split('\n')[0] == exception.StackTrace?.Split('\n')[0];
        }
    }

    private byte[] Trim(byte[] input)
    {
        ulong hash = TraceMap.Hash();
        return Minimizer.Shrink(input, shorter =>
        {
            TraceMap.Begin();
            try
            {
                _target.Run(shorter);
                return TraceMap.Hash() == hash;
            }
            catch (Exception e)
            {
                _failedTrim = (shorter, e);
                return false;
            }
        }, TrimTime);
    }
}
