using NvmeDoorbell.Spec;

namespace NvmeDoorbell.Controller;

/// <summary>A command that has ended and whose completion could not be posted yet.</summary>
/// <param name="SqId">Its submission queue.</param>
/// <param name="Cdw0">Its Command Dword 0.</param>
/// <param name="NamespaceId">Its namespace.</param>
/// <param name="Lba">Its first block, for the error log.</param>
/// <param name="Status">How it ended.</param>
internal sealed record HeldCompletion(ushort SqId, uint Cdw0, uint NamespaceId, ulong Lba, StatusCode Status)
{
    /// <summary>Length in bytes, saved.</summary>
    public const int SavedBytes = 20;

    public static HeldCompletion Read(ref StateReader reader) => new(
        reader.ReadUInt16(), reader.ReadUInt32(), reader.ReadUInt32(), reader.ReadUInt64(), reader.ReadStatus());

    public void Save(StateWriter writer)
    {
        writer.Write(SqId);
        writer.Write(Cdw0);
        writer.Write(NamespaceId);
        writer.Write(Lba);
        writer.Write((ushort)Status);
    }
}
