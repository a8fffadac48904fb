using System.Text.Json;

namespace NvmeDoorbell.VfioUser.Messages;

/// <summary>What a side of the connection can do, as <c>VFIO_USER_VERSION</c> carries it in JSON.</summary>
/// <param name="MaxDescriptors">Descriptors that it takes in one message.</param>
/// <param name="MaxTransferBytes">The longest data of one access.</param>
/// <param name="WritesMultiple">It knows <c>VFIO_USER_REGION_WRITE_MULTI</c>.</param>
internal sealed record Capabilities(int MaxDescriptors, int MaxTransferBytes, bool WritesMultiple)
{
    /// <summary>What a peer that says nothing can do.</summary>
    public static readonly Capabilities Default = new(1, DefaultTransferBytes, false);

    public const int DefaultTransferBytes = 1 << 20;

    /// <summary>What we say that we take in one message. More would do, but QEMU refuses a server that takes more.</summary>
    public const int OfferedDescriptors = 16;

    public const int PageSizes = 4096;
    public const int MaxDmaMaps = 65535;

    /// <summary>Reads the version data: JSON with a terminating NUL, or nothing.</summary>
    /// <returns>False: it is not what the protocol says.</returns>
    public static bool TryParse(ReadOnlySpan<byte> data, out Capabilities capabilities)
    {
        capabilities = Default;
        if (data.IsEmpty)
            return true;
        int end = data.IndexOf((byte)0);
        if (end < 0)
            return false;
        if (end == 0)
            return true;
        try
        {
            Utf8JsonReader reader = new(data[..end]);
            using JsonDocument document = JsonDocument.ParseValue(ref reader);
            if (reader.Read() || document.RootElement.ValueKind != JsonValueKind.Object)
                return false;
            if (!document.RootElement.TryGetProperty("capabilities", out JsonElement element))
                return true;
            return element.ValueKind == JsonValueKind.Object && TryRead(element, out capabilities);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return false; // no JSON, or text that is no UTF-8
        }
    }

    /// <summary>What this server says of itself, to a client of those capabilities.</summary>
    /// <param name="client">What the client has said.</param>
    public static byte[] Describe(Capabilities client)
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter writer = new(stream))
        {
            writer.WriteStartObject();
            writer.WriteStartObject("capabilities");
            writer.WriteNumber("max_msg_fds", OfferedDescriptors);
            writer.WriteNumber("max_data_xfer_size", DefaultTransferBytes);
            writer.WriteNumber("max_dma_maps", MaxDmaMaps);
            writer.WriteNumber("pgsizes", PageSizes);
            if (client.WritesMultiple)
                writer.WriteBoolean("write_multiple", true);
            writer.WriteEndObject();
            writer.WriteEndObject();
        }
        stream.WriteByte(0);
        return stream.ToArray();
    }

    private static bool TryRead(JsonElement element, out Capabilities capabilities)
    {
        int descriptors = Default.MaxDescriptors;
        int transferBytes = Default.MaxTransferBytes;
        bool writesMultiple = false;
        bool isGood = TryReadNumber(element, "max_msg_fds", ref descriptors)
            && TryReadNumber(element, "max_data_xfer_size", ref transferBytes)
            && TryReadBoolean(element, "write_multiple", ref writesMultiple);
        capabilities = new Capabilities(descriptors, transferBytes, writesMultiple);
        return isGood;
    }

    private static bool TryReadNumber(JsonElement element, string name, ref int value)
    {
        if (!element.TryGetProperty(name, out JsonElement found))
            return true;
        if (found.ValueKind != JsonValueKind.Number || !found.TryGetInt64(out long number) || number < 0)
            return false;
        value = (int)Math.Min(number, int.MaxValue);
        return true;
    }

    private static bool TryReadBoolean(JsonElement element, string name, ref bool value)
    {
        if (!element.TryGetProperty(name, out JsonElement found))
            return true;
        if (found.ValueKind is not (JsonValueKind.True or JsonValueKind.False))
            return false;
        value = found.GetBoolean();
        return true;
    }
}
