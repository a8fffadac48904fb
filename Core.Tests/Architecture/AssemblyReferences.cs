using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace NvmeDoorbell.Tests.Architecture;

/// <summary>
/// Which type of an assembly refers to which other, read from the compiled assembly: bases, interfaces, fields,
/// signatures, constraints, attributes, locals, handlers and every instruction. Unlike the using lines of a source
/// file it cannot be fooled by a qualified name or an alias, nor by var.
/// </summary>
internal sealed class AssemblyReferences : IDisposable
{
    private readonly PEReader _image;
    private readonly MetadataReader _reader;

    public AssemblyReferences(Assembly assembly)
    {
        _image = new PEReader(File.OpenRead(assembly.Location));
        _reader = _image.GetMetadataReader();
    }

    /// <summary>Every pair of different outermost types of which the first refers to the second.</summary>
    public IEnumerable<TypeReferencePair> All()
    {
        foreach (TypeDefinitionHandle handle in _reader.TypeDefinitions)
        {
            (string Space, string Name) from = NameOf(handle);
            foreach ((string Space, string Name) to in ReferencesOf(handle).Select(NameOf).Distinct())
            {
                if (from != to)
                    yield return new TypeReferencePair(from.Space, from.Name, to.Space, to.Name);
            }
        }
    }

    /// <summary>The namespaces that the assembly has types in; "" is the compiler's own.</summary>
    public IReadOnlyList<string> Namespaces() =>
        [.. _reader.TypeDefinitions.Select(handle => NameOf(handle).Space).Distinct().Order()];

    private HashSet<TypeDefinitionHandle> ReferencesOf(TypeDefinitionHandle handle)
    {
        TypeDefinition type = _reader.GetTypeDefinition(handle);
        TypeReferenceCollector found = new(_reader);
        found.Add(type.BaseType);
        AddAttributes(type.GetCustomAttributes(), found);
        AddConstraints(type.GetGenericParameters(), found);
        foreach (InterfaceImplementationHandle implementation in type.GetInterfaceImplementations())
            found.Add(_reader.GetInterfaceImplementation(implementation).Interface);
        foreach (FieldDefinitionHandle fieldHandle in type.GetFields())
        {
            FieldDefinition field = _reader.GetFieldDefinition(fieldHandle);
            field.DecodeSignature(found, null);
            AddAttributes(field.GetCustomAttributes(), found);
        }
        foreach (PropertyDefinitionHandle property in type.GetProperties())
            AddAttributes(_reader.GetPropertyDefinition(property).GetCustomAttributes(), found);
        foreach (MethodDefinitionHandle method in type.GetMethods())
            AddMethod(_reader.GetMethodDefinition(method), found);
        return found.Types;
    }

    private void AddMethod(MethodDefinition method, TypeReferenceCollector found)
    {
        method.DecodeSignature(found, null);
        AddAttributes(method.GetCustomAttributes(), found);
        AddConstraints(method.GetGenericParameters(), found);
        if (method.RelativeVirtualAddress == 0)
            return;
        MethodBodyBlock body = _image.GetMethodBody(method.RelativeVirtualAddress);
        found.Add(body.LocalSignature);
        foreach (ExceptionRegion region in body.ExceptionRegions)
            found.Add(region.CatchType);
        foreach (EntityHandle token in IlReader.Tokens(body.GetILBytes() ?? []))
            found.Add(token);
    }

    private void AddAttributes(CustomAttributeHandleCollection attributes, TypeReferenceCollector found)
    {
        foreach (CustomAttributeHandle attribute in attributes)
            found.Add(_reader.GetCustomAttribute(attribute).Constructor);
    }

    private void AddConstraints(GenericParameterHandleCollection parameters, TypeReferenceCollector found)
    {
        foreach (GenericParameterHandle parameter in parameters)
        {
            foreach (GenericParameterConstraintHandle constraint in
                _reader.GetGenericParameter(parameter).GetConstraints())
                found.Add(_reader.GetGenericParameterConstraint(constraint).Type);
        }
    }

    // A nested type, a closure too, is named after the type that it is in.
    private (string Space, string Name) NameOf(TypeDefinitionHandle handle)
    {
        TypeDefinition type = _reader.GetTypeDefinition(handle);
        while (!type.GetDeclaringType().IsNil)
            type = _reader.GetTypeDefinition(type.GetDeclaringType());
        return (_reader.GetString(type.Namespace), _reader.GetString(type.Name));
    }

    public void Dispose() => _image.Dispose();
}
