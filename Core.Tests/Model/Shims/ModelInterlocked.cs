using System.Runtime.CompilerServices;
using NvmeDoorbell.Model.Engine;

namespace NvmeDoorbell.Model.Shims;

/// <summary>Stands for System.Threading.Interlocked in the shipped sources.</summary>
internal static class ModelInterlocked
{
    public static void MemoryBarrier([CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        World.Current.Fence(new Site(file, line));

    public static void MemoryBarrierProcessWide([CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        World.Current.ProcessWideBarrier(new Site(file, line));

    public static int Exchange(ref int location, int value, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        ModelCell.Modify(Modification.Exchange, ref location, value, default, new Site(file, line));

    public static int CompareExchange(ref int location, int value, int comparand, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        ModelCell.Modify(Modification.CompareExchange, ref location, value, comparand, new Site(file, line));

    public static uint Exchange(ref uint location, uint value, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        ModelCell.Modify(Modification.Exchange, ref location, value, default, new Site(file, line));

    public static uint CompareExchange(ref uint location, uint value, uint comparand, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        ModelCell.Modify(Modification.CompareExchange, ref location, value, comparand, new Site(file, line));

    public static long Exchange(ref long location, long value, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        ModelCell.Modify(Modification.Exchange, ref location, value, default, new Site(file, line));

    public static long CompareExchange(ref long location, long value, long comparand, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        ModelCell.Modify(Modification.CompareExchange, ref location, value, comparand, new Site(file, line));

    public static ulong Exchange(ref ulong location, ulong value, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        ModelCell.Modify(Modification.Exchange, ref location, value, default, new Site(file, line));

    public static ulong CompareExchange(ref ulong location, ulong value, ulong comparand, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        ModelCell.Modify(Modification.CompareExchange, ref location, value, comparand, new Site(file, line));

    public static nint Exchange(ref nint location, nint value, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        ModelCell.Modify(Modification.Exchange, ref location, value, default, new Site(file, line));

    public static nint CompareExchange(ref nint location, nint value, nint comparand, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        ModelCell.Modify(Modification.CompareExchange, ref location, value, comparand, new Site(file, line));

    public static nuint Exchange(ref nuint location, nuint value, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        ModelCell.Modify(Modification.Exchange, ref location, value, default, new Site(file, line));

    public static nuint CompareExchange(ref nuint location, nuint value, nuint comparand, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        ModelCell.Modify(Modification.CompareExchange, ref location, value, comparand, new Site(file, line));

    public static int Add(ref int location, int value, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        unchecked(ModelCell.Modify(Modification.Add, ref location, value, default, new Site(file, line)) + value);

    public static int Increment(ref int location, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) => Add(ref location, 1, file, line);

    public static int Decrement(ref int location, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) => Add(ref location, -1, file, line);

    public static int Or(ref int location, int value, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        ModelCell.Modify(Modification.Or, ref location, value, default, new Site(file, line));

    public static int And(ref int location, int value, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        ModelCell.Modify(Modification.And, ref location, value, default, new Site(file, line));

    public static uint Add(ref uint location, uint value, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        unchecked(ModelCell.Modify(Modification.Add, ref location, value, default, new Site(file, line)) + value);

    public static uint Increment(ref uint location, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) => Add(ref location, 1, file, line);

    public static uint Decrement(ref uint location, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) => Add(ref location, uint.MaxValue, file, line);

    public static uint Or(ref uint location, uint value, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        ModelCell.Modify(Modification.Or, ref location, value, default, new Site(file, line));

    public static uint And(ref uint location, uint value, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        ModelCell.Modify(Modification.And, ref location, value, default, new Site(file, line));

    public static long Add(ref long location, long value, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        unchecked(ModelCell.Modify(Modification.Add, ref location, value, default, new Site(file, line)) + value);

    public static long Increment(ref long location, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) => Add(ref location, 1, file, line);

    public static long Decrement(ref long location, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) => Add(ref location, -1, file, line);

    public static long Or(ref long location, long value, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        ModelCell.Modify(Modification.Or, ref location, value, default, new Site(file, line));

    public static long And(ref long location, long value, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        ModelCell.Modify(Modification.And, ref location, value, default, new Site(file, line));

    public static ulong Add(ref ulong location, ulong value, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        unchecked(ModelCell.Modify(Modification.Add, ref location, value, default, new Site(file, line)) + value);

    public static ulong Increment(ref ulong location, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) => Add(ref location, 1, file, line);

    public static ulong Decrement(ref ulong location, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) => Add(ref location, ulong.MaxValue, file, line);

    public static ulong Or(ref ulong location, ulong value, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        ModelCell.Modify(Modification.Or, ref location, value, default, new Site(file, line));

    public static ulong And(ref ulong location, ulong value, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        ModelCell.Modify(Modification.And, ref location, value, default, new Site(file, line));

    public static long Read(ref readonly long location, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        ModelCell.Modify(Modification.Add, ref Unsafe.AsRef(in location), default, default, new Site(file, line));

    public static ulong Read(ref readonly ulong location, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        ModelCell.Modify(Modification.Add, ref Unsafe.AsRef(in location), default, default, new Site(file, line));

    public static T Exchange<T>(ref T location, T value, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        ModelCell.Modify(Modification.Exchange, ref location, value, default!, new Site(file, line));

    public static T CompareExchange<T>(ref T location, T value, T comparand, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        ModelCell.Modify(Modification.CompareExchange, ref location, value, comparand, new Site(file, line));
}
