using System.Runtime.CompilerServices;
using NvmeDoorbell.Model.Engine;

namespace NvmeDoorbell.Model.Shims;

/// <summary>Stands for System.Threading.Volatile in the shipped sources.</summary>
internal static class ModelVolatile
{
    public static T Read<T>(ref readonly T location, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        ModelCell.Load(in location, new Site(file, line));

    public static void Write(ref int location, int value, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        ModelCell.Store(ref location, value, isRelease: true, new Site(file, line));

    public static void Write(ref uint location, uint value, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        ModelCell.Store(ref location, value, isRelease: true, new Site(file, line));

    public static void Write(ref long location, long value, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        ModelCell.Store(ref location, value, isRelease: true, new Site(file, line));

    public static void Write(ref ulong location, ulong value, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        ModelCell.Store(ref location, value, isRelease: true, new Site(file, line));

    public static void Write(ref nint location, nint value, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        ModelCell.Store(ref location, value, isRelease: true, new Site(file, line));

    public static void Write(ref nuint location, nuint value, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        ModelCell.Store(ref location, value, isRelease: true, new Site(file, line));

    public static void Write(ref bool location, bool value, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        ModelCell.Store(ref location, value, isRelease: true, new Site(file, line));

    public static void Write(ref byte location, byte value, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        ModelCell.Store(ref location, value, isRelease: true, new Site(file, line));

    public static void Write(ref sbyte location, sbyte value, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        ModelCell.Store(ref location, value, isRelease: true, new Site(file, line));

    public static void Write(ref short location, short value, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        ModelCell.Store(ref location, value, isRelease: true, new Site(file, line));

    public static void Write(ref ushort location, ushort value, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        ModelCell.Store(ref location, value, isRelease: true, new Site(file, line));

    public static void Write<T>(ref T location, T value, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
        where T : class? =>
        ModelCell.Store(ref location, value, isRelease: true, new Site(file, line));
}
