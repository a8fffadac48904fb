using System.Collections.Immutable;
using System.Reflection.Metadata;

namespace NvmeDoorbell.Tests.Architecture;

/// <summary>Gathers the types of one assembly that an entity, a signature or a method body of it refers to.</summary>
internal sealed class TypeReferenceCollector(MetadataReader reader) : ISignatureTypeProvider<object?, object?>
{
    public HashSet<TypeDefinitionHandle> Types { get; } = [];

    public void Add(EntityHandle handle)
    {
        if (handle.IsNil)
            return;
        switch (handle.Kind)
        {
            case HandleKind.TypeDefinition:
                Types.Add((TypeDefinitionHandle)handle);
                break;
            case HandleKind.TypeSpecification:
                reader.GetTypeSpecification((TypeSpecificationHandle)handle).DecodeSignature(this, null);
                break;
            case HandleKind.FieldDefinition:
                Types.Add(reader.GetFieldDefinition((FieldDefinitionHandle)handle).GetDeclaringType());
                break;
            case HandleKind.MethodDefinition:
                Types.Add(reader.GetMethodDefinition((MethodDefinitionHandle)handle).GetDeclaringType());
                break;
            case HandleKind.MethodSpecification:
                MethodSpecification method = reader.GetMethodSpecification((MethodSpecificationHandle)handle);
                Add(method.Method);
                method.DecodeSignature(this, null);
                break;
            case HandleKind.MemberReference:
                AddMember(reader.GetMemberReference((MemberReferenceHandle)handle));
                break;
            case HandleKind.StandaloneSignature:
                AddSignature(reader.GetStandaloneSignature((StandaloneSignatureHandle)handle));
                break;
        }
    }

    private void AddMember(MemberReference member)
    {
        Add(member.Parent);
        if (member.GetKind() == MemberReferenceKind.Method)
            member.DecodeMethodSignature(this, null);
        else
            member.DecodeFieldSignature(this, null);
    }

    private void AddSignature(StandaloneSignature signature)
    {
        if (signature.GetKind() == StandaloneSignatureKind.Method)
            signature.DecodeMethodSignature(this, null);
        else
            signature.DecodeLocalSignature(this, null);
    }

    public object? GetTypeFromDefinition(MetadataReader reader, TypeDefinitionHandle handle, byte rawTypeKind)
    {
        Types.Add(handle);
        return null;
    }

    public object? GetTypeFromSpecification(
        MetadataReader reader, object? genericContext, TypeSpecificationHandle handle, byte rawTypeKind)
    {
        Add(handle);
        return null;
    }

    // The rest are made of parts that the decoder has already asked for, or are types of other assemblies.
    public object? GetTypeFromReference(MetadataReader reader, TypeReferenceHandle handle, byte rawTypeKind) => null;
    public object? GetArrayType(object? elementType, ArrayShape shape) => null;
    public object? GetByReferenceType(object? elementType) => null;
    public object? GetFunctionPointerType(MethodSignature<object?> signature) => null;
    public object? GetGenericInstantiation(object? genericType, ImmutableArray<object?> typeArguments) => null;
    public object? GetGenericMethodParameter(object? genericContext, int index) => null;
    public object? GetGenericTypeParameter(object? genericContext, int index) => null;
    public object? GetModifiedType(object? modifier, object? unmodifiedType, bool isRequired) => null;
    public object? GetPinnedType(object? elementType) => null;
    public object? GetPointerType(object? elementType) => null;
    public object? GetPrimitiveType(PrimitiveTypeCode typeCode) => null;
    public object? GetSZArrayType(object? elementType) => null;
}
