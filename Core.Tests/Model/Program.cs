using NvmeDoorbell.Model;
using NvmeDoorbell.Model.Engine;

int status = 2;
// The explorer's thread holds the stacks of all fibers in its own.
System.Threading.Thread explorer = new(() => status = CommandLine.Run(args), Fiber.ExplorerStackBytes);
explorer.Start();
explorer.Join();
return status;
