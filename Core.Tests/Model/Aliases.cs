// What the shipped sources take for the runtime's primitives is the model's here: an alias is found before the types of the
// namespaces that a file uses. Types that cannot be aliased are in Shims under the name and in the place that is found first.
global using CancellationToken = NvmeDoorbell.Model.Shims.ModelCancellationToken;
global using CancellationTokenRegistration = NvmeDoorbell.Model.Shims.ModelCancellationRegistration;
global using CancellationTokenSource = NvmeDoorbell.Model.Shims.ModelCancellationSource;
global using Environment = NvmeDoorbell.Model.Shims.ModelEnvironment;
global using Interlocked = NvmeDoorbell.Model.Shims.ModelInterlocked;
global using Lock = NvmeDoorbell.Model.Shims.ModelLock;
global using OperatingSystem = NvmeDoorbell.Model.Shims.ModelOperatingSystem;
global using SpinWait = NvmeDoorbell.Model.Shims.ModelSpinWait;
global using Stopwatch = NvmeDoorbell.Model.Shims.ModelStopwatch;
global using Thread = NvmeDoorbell.Model.Shims.ModelRunner;
global using ThreadPool = NvmeDoorbell.Model.Shims.ModelThreadPool;
global using Volatile = NvmeDoorbell.Model.Shims.ModelVolatile;
