using System.Globalization;
using NvmeDoorbell.Tests.Fuzz;
using NvmeDoorbell.Tests.Fuzz.Feedback;

TraceMap.Attach();
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
FuzzOptions options;
try
{
    options = FuzzOptions.Parse(args);
}
catch (FormatException e)
{
    Console.Error.WriteLine($"fuzz: {e.Message}");
    return 2;
}
if (options.IsHelp)
{
    Console.WriteLine(FuzzOptions.Usage);
    return 0;
}
if (options.IsList)
{
    foreach (FuzzTarget target in FuzzTarget.All)
        Console.WriteLine($"{target.Name,-16} {target.What}");
    return 0;
}
return options.IsChild
    ? new ChildRun(options, FuzzTarget.All.Single(target => target.Name == options.Target)).Run()
    : new ParentRun(options).Run();
