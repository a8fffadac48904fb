using System.Reflection;

namespace NvmeDoorbell.Tests.Architecture;

/// <summary>What an assembly shows to those who refer to it.</summary>
internal sealed class PublicApi(Assembly assembly)
{
    private const BindingFlags All = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance
        | BindingFlags.Static | BindingFlags.DeclaredOnly;

    public static PublicApi Of(string assembly) => new(Assembly.Load(assembly));

    public IReadOnlyList<Type> Types => assembly.GetExportedTypes();

    /// <summary>Each type that the signature of a public or protected member names, with that member.</summary>
    public IEnumerable<(string Member, Type Type)> TypesInSignatures()
    {
        foreach (Type type in Types)
        {
            foreach (FieldInfo field in type.GetFields(All).Where(IsVisible))
                yield return ($"{type}.{field.Name}", field.FieldType);
            foreach (MethodInfo method in type.GetMethods(All).Where(IsVisible))
                yield return ($"{type}.{method.Name}", method.ReturnType);
            foreach (MethodBase method in MethodsAndConstructors(type))
            {
                foreach (ParameterInfo parameter in method.GetParameters())
                    yield return ($"{type}.{method.Name}({parameter.Name})", parameter.ParameterType);
            }
        }
    }

    /// <summary>Whether <paramref name="type"/> is a raw pointer, or made with one.</summary>
    public static bool HasPointer(Type type) =>
        type.IsPointer || type.IsFunctionPointer
        || (type.HasElementType && HasPointer(type.GetElementType()!))
        || (type.IsGenericType && type.GetGenericArguments().Any(HasPointer));

    private static IEnumerable<MethodBase> MethodsAndConstructors(Type type) =>
        type.GetMethods(All).Where(IsVisible).Concat<MethodBase>(type.GetConstructors(All).Where(IsVisible));

    private static bool IsVisible(MethodBase method) =>
        method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly;

    private static bool IsVisible(FieldInfo field) => field.IsPublic || field.IsFamily || field.IsFamilyOrAssembly;
}
