namespace NvmeDoorbell.Controller;

/// <summary>Logs, health and counters as saved state.</summary>
internal static class LogsState
{
    /// <summary>Saves them. On the admin task's turn, paused.</summary>
    public static void Save(StateWriter writer, ControllerContext context, QueueCommands queues)
    {
        writer.BeginSection(StateSection.Logs);
        context.ErrorLog.Save(writer);
        context.ChangedNamespaces.Save(writer);
        context.Member.ReservationLog.Save(writer);
        context.Health.Save(writer);
        context.Counters.Save(writer);
        queues.SaveTotals(writer);
        writer.EndSection();
    }

    /// <summary>Reads them.</summary>
    /// <returns>Takes them over, behind the features, whose values may be cause for events.</returns>
    public static Action Read(StateReader reader, ControllerContext context, QueueCommands queues)
    {
        Action errors = context.ErrorLog.Read(ref reader);
        Action changed = context.ChangedNamespaces.Read(ref reader);
        Action reservations = context.Member.ReservationLog.Read(ref reader);
        Action health = context.Health.Read(ref reader);
        Action counters = context.Counters.Read(ref reader);
        Action totals = queues.ReadTotals(ref reader);
        reader.End();
        return errors + changed + reservations + health + counters + totals;
    }
}
