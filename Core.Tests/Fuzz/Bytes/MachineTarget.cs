using System.Runtime.InteropServices;
using NvmeDoorbell.Memory;
using NvmeDoorbell.Spec;
using NvmeDoorbell.Tests.Drivers;

namespace NvmeDoorbell.Tests.Fuzz.Bytes;

/// <summary>
/// A guest, and for some acts its embedder, that does what the input says: a byte chooses the act, and the act takes what
/// it needs from the bytes behind it. Commands of <see cref="Act.Admin"/> and <see cref="Act.Io"/> are submitted as a
/// driver does, and have to complete once.
/// </summary>
internal sealed class MachineTarget(bool isUp, MachineTarget.Act[] acts) : ByteTarget
{
    private const int MaxActs = 64;

    private readonly ByteMachine _machine = new();
    private readonly CommandOracle _admin = new();
    private readonly CommandOracle _io = new();

    /// <summary>What an input can do. New ones go to the end: inputs are kept.</summary>
    public enum Act
    {
        /// <summary>An admin command: an entry of 64 bytes.</summary>
        Admin,

        /// <summary>A command for the I/O queue: an entry of 64 bytes.</summary>
        Io,

        /// <summary>The guest stores: address (3 bytes: page, offset), length, bytes.</summary>
        Store,

        /// <summary>A doorbell of any number: number, value (2 bytes).</summary>
        Ring,

        /// <summary>A write to BAR0: offset (2), width, value (8).</summary>
        WriteBar0,

        /// <summary>A read of BAR0: offset (2), width.</summary>
        ReadBar0,

        /// <summary>A write to configuration space: offset (2), width, value (4).</summary>
        WriteConfig,

        /// <summary>A read of configuration space: offset (2), width.</summary>
        ReadConfig,

        /// <summary>The device works for a while: turns.</summary>
        Turns,

        /// <summary>An admin command that nobody waits for: an entry of 64 bytes.</summary>
        WildAdmin,

        /// <summary>The embedder resets the function.</summary>
        Reset,

        /// <summary>The embedder removes a namespace, or adds it: number.</summary>
        Namespace,

        /// <summary>A region of guest RAM goes, or comes back.</summary>
        Region,
    }

    /// <summary>Addresses that are RAM or nearly, opcodes are found by the feedback alone.</summary>
    public override IReadOnlyList<byte[]> Words { get; } =
    [
        .. new ulong[]
        {
            0x1000, 0x2000, 0x5000, 0x1_F000, 0x1_FFF8, 0x2_0000, ByteRam.ReadOnlyStart, ByteRam.TopStart,
            ByteRam.TopStart + 0x3000, 0xFFF8, 0x1_0000,
        }.Select(BitConverter.GetBytes),
        .. new ulong[]
        {
            RegisterOffset.InterruptMaskSet, RegisterOffset.ControllerConfiguration, RegisterOffset.AdminQueueAttributes,
            RegisterOffset.AdminSubmissionQueue, RegisterOffset.AdminCompletionQueue, RegisterOffset.Doorbells,
            RegisterOffset.SubsystemReset,
        }.Select(offset => BitConverter.GetBytes((ushort)offset)),
        BitConverter.GetBytes(0x0046_0001),
        BitConverter.GetBytes(0x0046_4001),
        BitConverter.GetBytes(0x4E56_4D65), // "NVMe", for NSSR
        BitConverter.GetBytes(uint.MaxValue),
    ];

    public override int Run(ReadOnlySpan<byte> input)
    {
        try
        {
            return RunAll(input);
        }
        catch
        {
            _machine.Abandon();
            throw;
        }
    }

    public override void Dispose() => _machine.Dispose();

    private int RunAll(ReadOnlySpan<byte> input)
    {
        var reader = new ByteReader(input);
        _machine.Begin();
        if (isUp)
            _machine.BringUp();
        // Where acts other than commands can disturb the queues, a command may be lost, and that is the guest's doing.
        bool isOrderly = Array.TrueForAll(acts, act => act is Act.Admin or Act.Io or Act.Store);
        _admin.Begin(isUp && isOrderly);
        _io.Begin(isUp && isOrderly);
        int count = 0;
        for (; !reader.IsAtEnd && count < MaxActs; count++)
            Do(acts[reader.Byte() % acts.Length], ref reader);
        _machine.Turn(4);
        _machine.End();
        return count;
    }

    private void Do(Act act, ref ByteReader reader)
    {
        switch (act)
        {
            case Act.Admin:
                SubmissionEntry admin = Entry(ref reader);
                if (isUp && _admin.Execute(_machine, _machine.Admin, admin, answers: (AdminOpcode)admin.Opcode != AdminOpcode.AsynchronousEventRequest))
                    Follow(admin);
                break;
            case Act.Io:
                if (isUp)
                    _io.Execute(_machine, _machine.Io, Entry(ref reader), answers: true);
                break;
            case Act.Store:
                ulong address = ByteRam.Page(reader.Byte()) + reader.UInt16();
                _machine.Ram.Store(address, reader.Take(reader.Byte()));
                break;
            case Act.Ring:
                _machine.Function.WriteBar0(RegisterOffset.Doorbells + reader.Byte() * 4ul, 4, reader.UInt16());
                break;
            case Act.WriteBar0:
                _machine.Function.WriteBar0(reader.UInt16(), reader.Byte(), reader.UInt64());
                break;
            case Act.ReadBar0:
                _machine.Function.ReadBar0(reader.UInt16(), reader.Byte());
                break;
            case Act.WriteConfig:
                _machine.Function.WriteConfig(reader.UInt16(), reader.Byte(), reader.UInt32());
                break;
            case Act.ReadConfig:
                _machine.Function.ReadConfig(reader.UInt16(), reader.Byte());
                break;
            case Act.Turns:
                _machine.Turn(1 + reader.Byte() % 8);
                break;
            case Act.WildAdmin:
                SubmissionEntry wild = Entry(ref reader);
                if (!isUp)
                    break;
                _machine.Admin.Submit(wild);
                _machine.Turn(2);
                _machine.Admin.ReapAll();
                break;
            case Act.Reset:
                _machine.Function.Reset();
                if (isUp)
                    _machine.BringUp();
                _admin.Begin(isOrderly: false);
                _io.Begin(isOrderly: false);
                break;
            case Act.Namespace:
                uint nsid = 1 + reader.Byte() % 2u;
                if (!_machine.Function.Controller.RemoveNamespace(nsid))
                    _machine.AddNamespace(nsid);
                break;
            case Act.Region:
                _machine.Ram.ToggleTop();
                break;
        }
    }

    /// <summary>An admin command that takes the I/O queue away takes its oracle away too.</summary>
    private void Follow(in SubmissionEntry entry)
    {
        if ((AdminOpcode)entry.Opcode is AdminOpcode.DeleteIoSubmissionQueue or AdminOpcode.DeleteIoCompletionQueue
            or AdminOpcode.DoorbellBufferConfig)
        {
            _io.Begin(isOrderly: false);
        }
        if ((AdminOpcode)entry.Opcode is AdminOpcode.DoorbellBufferConfig)
            _admin.Begin(isOrderly: false); // our rings go to a page that is the input's to write
    }

    private static SubmissionEntry Entry(ref ByteReader reader)
    {
        SubmissionEntry entry = default;
        reader.Fill(MemoryMarshal.AsBytes(new Span<SubmissionEntry>(ref entry)));
        return entry;
    }
}
