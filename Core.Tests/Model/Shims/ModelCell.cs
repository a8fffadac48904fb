using System.Runtime.CompilerServices;
using NvmeDoorbell.Model.Engine;

namespace NvmeDoorbell.Model.Shims;

/// <summary>From a reference of any cell type to the addresses and bits that the model works on, and back.</summary>
internal static unsafe class ModelCell
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Load<T>(ref readonly T location, Site site)
    {
        ulong bits = World.Current.Load(AddressOf(in location), LengthOf<T>(), site, IsReference<T>());
        return Unsafe.As<ulong, T>(ref bits);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store<T>(ref T location, T value, bool isRelease, Site site) =>
        World.Current.Store(AddressOf(in location), LengthOf<T>(), BitsOf(value), isRelease, site, IsReference<T>());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Modify<T>(Modification kind, ref T location, T operand, T comparand, Site site)
    {
        ulong bits = World.Current.Modify(kind, AddressOf(in location), LengthOf<T>(), BitsOf(operand), BitsOf(comparand), site,
            IsReference<T>());
        return Unsafe.As<ulong, T>(ref bits);
    }

    // SAFETY: nothing moves while threads of the model exist, so the address stays that of the cell.
    public static nint AddressOf<T>(ref readonly T location) => (nint)Unsafe.AsPointer(ref Unsafe.AsRef(in location));

    private static int LengthOf<T>() => Unsafe.SizeOf<T>() <= sizeof(ulong)
        ? Unsafe.SizeOf<T>()
        : throw new NotSupportedException($"{typeof(T)} is no cell.");

    private static bool IsReference<T>() => !typeof(T).IsValueType;

    private static ulong BitsOf<T>(T value)
    {
        ulong bits = 0;
        Unsafe.As<ulong, T>(ref bits) = value;
        return bits;
    }
}
