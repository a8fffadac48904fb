// What the shipped sources take for the runtime's primitives is the model's here: an alias is found before the types of the
// namespaces that a file uses.
global using Interlocked = NvmeDoorbell.Model.Shims.ModelInterlocked;
global using Volatile = NvmeDoorbell.Model.Shims.ModelVolatile;
