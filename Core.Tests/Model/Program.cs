using NvmeDoorbell.Model;

int status = 2;
// The explorer's thread holds the stacks of all fibers in its own.
System.Threading.Thread explorer = new(() => status = CommandLine.Run(args), NvmeDoorbell.Model.Engine.Fiber.ExplorerStackBytes);
explorer.Start();
explorer.Join();
return status;
