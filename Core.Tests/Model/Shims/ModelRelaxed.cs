using System.Runtime.CompilerServices;
using NvmeDoorbell.Model.Engine;

namespace NvmeDoorbell.Model.Shims;

/// <summary>Plain stores, for what C code or a guest does; the shipped C# sources have none on shared cells.</summary>
internal static class ModelRelaxed
{
    public static void Write<T>(ref T location, T value, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        ModelCell.Store(ref location, value, isRelease: false, new Site(file, line));
}
