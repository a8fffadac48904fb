namespace NvmeDoorbell; internal static class Placeholder;
