namespace NvmeDoorbell.Controller;

/// <summary>What a controller has seen of a namespace until it was taken from its table.</summary>
internal sealed class SeenNamespace(SubsystemMember member, Namespace seen)
{
    public SubsystemMember Member => member;

    public Namespace Seen => seen;

    /// <summary>Calls back, once, from any thread, when no command uses any of them any more.</summary>
    public static void WhenUnused(IReadOnlyCollection<SeenNamespace> all, Action done)
    {
        int left = all.Count + 1;
        foreach (SeenNamespace each in all)
            each.Member.WhenUnused(each.Seen, Answer);
        Answer();

        void Answer()
        {
            if (Interlocked.Decrement(ref left) == 0)
                done();
        }
    }
}
