using NvmeDoorbell.Spec;

namespace NvmeDoorbell.Controller;

/// <content>Requests and events as saved state.</content>
internal sealed partial class AsynchronousEvents
{
    /// <summary>Saves requests, masks, and events that have been raised.</summary>
    public void Save(StateWriter writer)
    {
        writer.WriteCount(_outstanding.Count);
        foreach (AdminCommand command in _outstanding)
            command.Save(writer);
        foreach (LogPageId? page in _maskedUntilRead)
        {
            writer.Write(page is not null);
            writer.Write((byte)page.GetValueOrDefault());
        }
        writer.Write(Volatile.Read(ref _raised));
    }

    /// <summary>Reads the same.</summary>
    /// <returns>Takes them over, and tells how many requests there are, for an enabling.</returns>
    public Func<ulong, int> Read(ref StateReader reader)
    {
        AdminCommand[] outstanding = AdminCommand.ReadAll(ref reader, Limit);
        var masks = new LogPageId?[_maskedUntilRead.Length];
        for (int type = 0; type < masks.Length; type++)
        {
            bool isMasked = reader.ReadBoolean();
            byte page = reader.ReadByte();
            masks[type] = isMasked ? (LogPageId)page : null;
        }
        uint raised = reader.ReadUInt32();
        reader.Require(raised >> Known.Length == 0, "an event is not known");
        return enabling =>
        {
            foreach (AdminCommand command in outstanding)
                command.Begin(command.Entry, enabling);
            _outstanding.Clear();
            _outstanding.AddRange(outstanding);
            masks.CopyTo(_maskedUntilRead, 0);
            Volatile.Write(ref _raised, raised);
            return outstanding.Length;
        };
    }
}
