using NvmeDoorbell.Spec;

namespace NvmeDoorbell.Controller;

/// <summary>Error Recovery (05h): a time limit for each namespace. Deallocated-block errors are not offered.</summary>
internal sealed class ErrorRecoveryFeature(NamespaceTable namespaces)
    : Feature(FeatureId.ErrorRecovery, isNamespaceSpecific: true)
{
    private const uint DeallocatedBlockErrorEnable = 1 << 16;

    private readonly Dictionary<uint, ushort> _timeLimits = [];

    public override StatusCode Get(AdminCommand command, bool wantsDefault)
    {
        uint nsid = command.Entry.NamespaceId;
        if (!namespaces.TryGet(nsid, out _))
            return StatusCode.InvalidNamespaceOrFormat;
        command.Result = wantsDefault ? 0u : _timeLimits.GetValueOrDefault(nsid);
        return StatusCode.Success;
    }

    public override StatusCode Set(AdminCommand command)
    {
        uint nsid = command.Entry.NamespaceId;
        if (nsid != NamespaceIds.All && !namespaces.TryGet(nsid, out _))
            return StatusCode.InvalidNamespaceOrFormat;
        if ((command.Entry.Cdw11 & DeallocatedBlockErrorEnable) != 0)
            return StatusCode.InvalidField;
        foreach (Namespace? target in namespaces.All)
        {
            if (target is not null && (nsid == NamespaceIds.All || target.Id == nsid))
                _timeLimits[target.Id] = (ushort)command.Entry.Cdw11;
        }
        return StatusCode.Success;
    }

    public override void Save(StateWriter writer)
    {
        writer.WriteCount(_timeLimits.Count);
        foreach ((uint nsid, ushort limit) in _timeLimits)
        {
            writer.Write(nsid);
            writer.Write(limit);
        }
    }

    public override Action Read(ref StateReader reader)
    {
        var limits = new Dictionary<uint, ushort>();
        for (int left = reader.ReadCount((int)NamespaceTable.MaxId, sizeof(uint) + sizeof(ushort)); left > 0; left--)
            limits[reader.ReadUInt32()] = reader.ReadUInt16();
        return () =>
        {
            _timeLimits.Clear();
            foreach ((uint nsid, ushort limit) in limits)
                _timeLimits[nsid] = limit;
        };
    }

    public override void Reset() => _timeLimits.Clear();
}
