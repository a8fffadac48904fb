using System.Globalization;
using NvmeDoorbell.Model.Engine;
using NvmeDoorbell.Model.Litmus;
using NvmeDoorbell.Model.Scenarios;

namespace NvmeDoorbell.Model;

internal static class CommandLine
{
    public static int Run(string[] args)
    {
        using Explorer explorer = new();
        int failed = 0;
        foreach (Scenario s in LitmusScenarios.All.Concat(RingScenarios.All))
        {
            if (args.Length > 0 && !s.Name.Contains(args[0], StringComparison.Ordinal))
                continue;
            foreach (MemoryOrder order in s.Orders)
            {
                foreach (bool causal in new[] { false, true })
                {
                    Exploration r = explorer.Explore(s.Build, order, causal, s.Bound, TimeSpan.FromMinutes(1));
                    Console.WriteLine($"{s.Name,-40} {order,-10} {causal} schedules {r.Schedules} states {r.States} steps {r.Steps} restarts {r.Restarts} {r.Elapsed.TotalMilliseconds:f1} ms {string.Join(' ', r.Outcomes)} {r.Failure}");
                    if (r.Failure != null)
                        Console.WriteLine(explorer.Replay(s.Build, r.Schedule!).ToString());
                    if (s.Outcomes != null && !r.Outcomes.SequenceEqual(s.Outcomes!(order)))
                    {
                        failed++;
                        Console.WriteLine("   EXPECTED " + string.Join(' ', s.Outcomes!(order)));
                    }
                }
            }
        }

        return failed == 0 ? 0 : 1;
    }
}
