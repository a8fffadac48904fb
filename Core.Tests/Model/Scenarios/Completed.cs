using NvmeDoorbell.Doorbells;
using NvmeDoorbell.Model.Engine;
using NvmeDoorbell.Queues;

namespace NvmeDoorbell.Model.Scenarios;

/// <summary>Requests that disks' threads complete: the shipped list, and the rule of who wakes.</summary>
internal sealed class Completed
{
    private readonly World _world;
    private readonly CompletionList<Request> _list = new();
    private readonly Request[] _requests;
    private int _taken;

    public Completed(World world)
    {
        _world = world;
        _requests = [new(new Litmus.Cell(world, "request 1")), new(new Litmus.Cell(world, "request 2"))];
        world.Register(_list, "completion list");
        world.AtEnd(() => world.Check(_list.IsEmpty, "lost wake-up: a completion is left on the list"));
    }

    public void Push(int number, Waker waker)
    {
        Request request = _requests[number - 1];
        request.Result.StoreRelaxed(1);
        if (_list.Push(request))
            waker.Wake();
    }

    public bool Take()
    {
        int before = _taken;
        for (Request? request = _list.TakeAll(); request is not null; request = request.Link)
        {
            _taken++;
            _world.Check(request.Result.Load() == 1, "a completion is here before its result");
        }

        return _taken != before;
    }

    public void CheckAll(int count) => _world.Check(_taken == count, $"{_taken} completions taken, of {count}");

    private sealed class Request(Litmus.Cell result) : IListed<Request>
    {
        public Litmus.Cell Result { get; } = result;

        public Request? Link { get; set; }
    }
}
