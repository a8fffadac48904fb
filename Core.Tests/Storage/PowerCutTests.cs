using System.Runtime.InteropServices;
using NvmeDoorbell.Spec;
using NvmeDoorbell.Storage;
using NvmeDoorbell.Tests.Drivers;

namespace NvmeDoorbell.Tests.Storage;

/// <summary>
/// What a driver has been told is durable survives a power cut at any moment: a completed flush covers what had completed
/// before it was submitted, force unit access the command itself.
/// </summary>
public sealed class PowerCutTests
{
    private const int BlockBytes = 512;
    private const int Blocks = 256;
    private const int MaxBlocks = 8;
    private const int InFlight = 8;
    private const int Commands = 3000;
    private const uint ForceUnitAccess = 1u << 30;
    private const uint Deallocate = 1u << 25;

    // By block: the newest version submitted, completed, and told to be durable. Version 0: zeroes, as it was made.
    private readonly int[] _submitted = new int[Blocks];
    private readonly int[] _completed = new int[Blocks];
    private readonly int[] _durable = new int[Blocks];

    // By version: it is zeroes.
    private readonly List<bool> _isZeroes = [true];
    private readonly bool[] _isBusy = new bool[Blocks];

    [Test]
    public void What_was_told_to_be_durable_survives_a_power_cut()
    {
        int seed = Seed.Next();
        var random = new Random(seed);
        using var file = new PowerCutFileChannel(Blocks * BlockBytes, BlockBytes);
        using var machine = new TestMachine();
        uint nsid = machine.AddDisk(new FileDisk(file, Blocks * BlockBytes, BlockBytes, isReadOnly: false));
        machine.Driver.Enable();
        DriverQueuePair pair = machine.Driver.CreateQueuePair(1);
        Slot[] slots = [.. Enumerable.Range(0, InFlight).Select(_ => new Slot(machine.Driver.AllocatePages(1)))];
        int cuts = 0;
        for (int command = 0; command < Commands || Array.Exists(slots, slot => slot.IsUsed);)
        {
            Slot slot = slots[random.Next(InFlight)];
            if (slot.IsUsed)
                Take(pair, slot, seed);
            else if (command++ < Commands)
                Submit(machine, pair, nsid, slot, random);
            if (random.Next(40) == 0)
            {
                Check(file.CutPower(random), seed);
                cuts++;
            }
        }
        Assert.That(pair.Execute(IoEntries.Flush(0, nsid)).Status, Is.EqualTo(StatusCode.Success));
        _completed.CopyTo(_durable, 0);
        Check(file.CutPower(random), seed);
        Assert.That(cuts, Is.Positive);
        Assert.That(_durable.Max(), Is.Positive);
    }

    private void Submit(TestMachine machine, DriverQueuePair pair, uint nsid, Slot slot, Random random)
    {
        int kind = random.Next(10);
        SubmissionEntry entry;
        slot.Snapshot = null;
        if (kind == 0)
        {
            slot.Snapshot = [.. _completed];
            entry = IoEntries.Flush(0, nsid);
        }
        else
        {
            if (!TryChooseRange(slot, random))
                return;
            slot.Version = _isZeroes.Count;
            _isZeroes.Add(kind <= 3);
            slot.IsForced = random.Next(4) == 0;
            if (kind > 3)
            {
                byte[] bytes = [.. Enumerable.Range(slot.First, slot.Count).SelectMany(at => Content(at, slot.Version))];
                machine.Memory.TryWrite(slot.Page, bytes);
            }
            entry = ControllerDriver.BlockEntry(
                kind <= 3 ? IoOpcode.WriteZeroes : IoOpcode.Write, nsid, (ulong)slot.First, slot.Count, slot.Page);
            entry = entry with
            {
                Cdw12 = entry.Cdw12 | (slot.IsForced ? ForceUnitAccess : 0) | (kind == 3 ? Deallocate : 0),
            };
            _submitted.AsSpan(slot.First, slot.Count).Fill(slot.Version);
            _isBusy.AsSpan(slot.First, slot.Count).Fill(true);
        }
        slot.CommandId = pair.Submit(entry);
        slot.IsUsed = true;
    }

    // No two commands on the same block at once: their order would be nobody's.
    private bool TryChooseRange(Slot slot, Random random)
    {
        slot.Count = random.Next(1, MaxBlocks + 1);
        slot.First = random.Next(Blocks - slot.Count + 1);
        return !_isBusy.AsSpan(slot.First, slot.Count).Contains(true);
    }

    private void Take(DriverQueuePair pair, Slot slot, int seed)
    {
        if (!pair.HasCompleted(slot.CommandId))
            return;
        Assert.That(pair.WaitFor(slot.CommandId).Status, Is.EqualTo(StatusCode.Success), Seed.Replay(seed));
        slot.IsUsed = false;
        if (slot.Snapshot is not null)
        {
            for (int block = 0; block < Blocks; block++)
                _durable[block] = Math.Max(_durable[block], slot.Snapshot[block]);
            return;
        }
        _isBusy.AsSpan(slot.First, slot.Count).Clear();
        _completed.AsSpan(slot.First, slot.Count).Fill(slot.Version);
        if (slot.IsForced)
            _durable.AsSpan(slot.First, slot.Count).Fill(slot.Version);
    }

    private void Check(byte[] medium, int seed)
    {
        for (int block = 0; block < Blocks; block++)
        {
            Span<byte> found = medium.AsSpan(block * BlockBytes, BlockBytes);
            int version = MemoryMarshal.Read<int>(found);
            bool isRight = found.IndexOfAnyExcept((byte)0) < 0
                ? Enumerable.Range(_durable[block], _submitted[block] - _durable[block] + 1).Any(at => _isZeroes[at])
                : version >= _durable[block] && version <= _submitted[block]
                    && found.SequenceEqual(Content(block, version));
            if (!isRight)
                Assert.Fail($"Block {block} has version {version}, {_durable[block]} is durable. {Seed.Replay(seed)}");
        }
    }

    private static byte[] Content(int block, int version)
    {
        byte[] bytes = new byte[BlockBytes];
        MemoryMarshal.Cast<byte, int>(bytes.AsSpan()).Fill(version);
        bytes[^1] = (byte)block;
        return bytes;
    }

    private sealed class Slot(ulong page)
    {
        public ulong Page => page;
        public bool IsUsed;
        public ushort CommandId;
        public int First;
        public int Count;
        public int Version;
        public bool IsForced;

        /// <summary>A flush: what had completed when it was submitted.</summary>
        public int[]? Snapshot;
    }
}
