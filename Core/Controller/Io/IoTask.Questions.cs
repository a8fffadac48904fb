using NvmeDoorbell.Queues;

namespace NvmeDoorbell.Controller;

// What atomic sections ask. The questions of a turn are taken before its commands: see AtomicSection.
internal sealed partial class IoTask
{
    private readonly CompletionList<AtomicQuestion> _asked = new();
    private readonly List<AtomicQuestion> _unanswered = [];

    /// <summary>Asks the task. Any thread; it answers on a turn, or when it is disposed.</summary>
    public void Ask(AtomicQuestion question)
    {
        if (_asked.Push(question))
            Waker.Wake();
    }

    private bool TakeQuestions()
    {
        AtomicQuestion? question = _asked.TakeAll();
        if (question is null)
            return false;
        for (; question is not null; question = question.Link)
            _unanswered.Add(question);
        AnswerQuestions();
        return true;
    }

    private void AnswerQuestions()
    {
        for (int i = _unanswered.Count - 1; i >= 0; i--)
        {
            AtomicQuestion question = _unanswered[i];
            if (IsAwaited(question))
                continue;
            // It may be asked again from its answer on.
            _unanswered.RemoveAt(i);
            question.Answer();
        }
    }

    private bool IsAwaited(AtomicQuestion question)
    {
        foreach (IoRequest request in _pool.All)
        {
            if (question.Awaits(request))
                return true;
        }
        return false;
    }
}
