using System.Runtime.InteropServices;
using NvmeDoorbell.Doorbells;
using Cpu = System.Runtime.InteropServices.Architecture;

namespace NvmeDoorbell.Tests.Doorbells;

/// <summary>What differs between systems, each way tried on this one.</summary>
public sealed unsafe class PlatformTests
{
    private const int Expedited = 1 << 3;

    [TestCase(true, false, Cpu.X64, 0, true, TestName = "A_process_wide_barrier_is_there_on_Windows")]
    [TestCase(false, false, Cpu.X64, Expedited, false, TestName = "A_process_wide_barrier_is_not_on_other_systems")]
    [TestCase(false, true, Cpu.X64, Expedited, true, TestName = "A_process_wide_barrier_is_there_where_Linux_has_it_on_x86_64")]
    [TestCase(false, true, Cpu.Arm64, Expedited | 1, true, TestName = "A_process_wide_barrier_is_there_where_Linux_has_it_on_Arm")]
    [TestCase(false, true, Cpu.LoongArch64, Expedited, false, TestName = "A_process_wide_barrier_is_not_asked_for_elsewhere")]
    [TestCase(false, true, Cpu.X64, 1, false, TestName = "A_process_wide_barrier_is_not_there_where_Linux_has_others_only")]
    [TestCase(false, true, Cpu.X64, 0, false, TestName = "A_process_wide_barrier_is_not_there_where_Linux_has_none")]
    [TestCase(false, true, Cpu.X64, -1, false, TestName = "A_process_wide_barrier_is_not_there_where_the_call_is_refused")]
    public void Barrier(bool isWindows, bool isLinux, Cpu architecture, int answer, bool isThere) =>
        Assert.That(StoreLoad.DetectProcessWide(isWindows, isLinux, architecture, number =>
        {
            Assert.That(number, Is.EqualTo(architecture == Cpu.Arm64 ? 283 : 324));
            return answer;
        }), Is.EqualTo(isThere));

    [Test]
    public void The_futex_call_has_the_numbers_of_the_kernel()
    {
        Assert.That(Futex.SyscallOf(Cpu.X64), Is.EqualTo((nint)202));
        Assert.That(Futex.SyscallOf(Cpu.Arm64), Is.EqualTo((nint)98));
    }

    [Test]
    public void A_sleep_on_a_word_ends_by_its_time_by_a_change_before_it_and_by_a_wake([Values] bool isMonitor)
    {
        WithFutexes(!isMonitor, () =>
        {
            uint* word = (uint*)NativeMemory.AllocZeroed(sizeof(uint));
            Futex.Wait(word, 0, TimeSpan.FromMilliseconds(1));
            Futex.Wait(word, 1, Timeout.InfiniteTimeSpan);
            using ManualResetEventSlim ended = new();
            Thread sleeper = new(() =>
            {
                while (Volatile.Read(ref *word) == 0) Futex.Wait(word, 0, Timeout.InfiniteTimeSpan);
                ended.Set();
            });
            sleeper.Start();
            Volatile.Write(ref *word, 1u);
            Futex.WakeOne(word);
            Assert.That(ended.Wait(TimeSpan.FromSeconds(30)), Is.True);
            sleeper.Join();
            NativeMemory.Free(word);
        });
    }

    [Test]
    public void A_reactor_parks_and_is_woken_where_there_are_no_futexes()
    {
        WithFutexes(false, () =>
        {
            using DoorbellMemory memory = new(2);
            using Reactor reactor = new(new ReactorOptions { Polling = ReactorPolling.Never });
            DoorbellState state = memory.Open(0, 65536);
            state.ResumeOnReactor(reactor);
            for (uint value = 1; value <= 200; value++)
            {
                Task<DoorbellChange> wait = state.WaitAsync().AsTask();
                memory.Ring(0, value);
                Assert.That(wait.Wait(TimeSpan.FromSeconds(30)), Is.True);
                Assert.That(wait.Result.Value, Is.EqualTo(value));
            }

            memory.Close(0);
            Wait.Until(() => reactor.TaskCount == 0, "the wait's task to leave with its doorbell");
        });
    }

    [Test]
    public void A_thread_is_pinned_to_a_processor_that_is_there_on_Linux()
    {
        List<bool> pinned = [];
        Thread thread = new(() =>
        {
            foreach (int cpu in new[] { 0, -1, 1 << 20 })
                pinned.Add(ThreadAffinity.TryPin(cpu, isLinux: true));
            pinned.Add(ThreadAffinity.TryPin(0, isLinux: false));
        });
        thread.Start();
        thread.Join();
        Assert.That(pinned, Is.EqualTo(new[] { true, false, false, false }));
    }

    [Test]
    public void A_reactors_own_thread_is_pinned_where_asked()
    {
        using Reactor reactor = new(new ReactorOptions { Cpu = 0 });
        bool ran = false;
        reactor.Post(() => Volatile.Write(ref ran, true));
        Wait.Until(() => Volatile.Read(ref ran), "the posted action");
    }

    private static void WithFutexes(bool isNative, Action test)
    {
        if (!OperatingSystem.IsLinux() && isNative) return;
        bool before = Futex.IsNative;
        Futex.IsNative = isNative;
        try
        {
            test();
        }
        finally
        {
            Futex.IsNative = before;
        }
    }
}
