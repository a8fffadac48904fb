using NvmeDoorbell.Queues;

namespace NvmeDoorbell.Controller;

/// <summary>What an <see cref="AtomicSection"/> asks of a task: to answer when it has nothing that a pair awaits.</summary>
internal sealed class AtomicQuestion(AtomicSection section) : IListed<AtomicQuestion>
{
    /// <inheritdoc/>
    public AtomicQuestion? Link { get; set; }

    /// <summary>Whether a request must end before the answer.</summary>
    public bool Awaits(IoRequest request) => section.Awaits(request);

    public void Answer() => section.OnAnswer();
}
