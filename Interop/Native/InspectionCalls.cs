using System.Buffers;
using System.Text.Json;

namespace NvmeDoorbell.Interop.Native;

/// <summary>The live state of controllers as text.</summary>
// SAFETY: the text goes into the caller's buffer only where that is long enough, its zero too.
internal static unsafe class InspectionCalls
{
    private const int UsualBytes = 4096;

    public static int Inspect(ulong controller, byte* buffer, nuint lengthBytes, nuint* neededBytes)
    {
        try
        {
            using HandleUse<ControllerObject> use = ControllerCalls.Enter(controller);
            if (!use.TryGet(out ControllerObject? target))
                return use.Status;
            if (buffer is null && lengthBytes != 0)
                return LastError.Set(Status.Argument, "The buffer is null, and its length is not 0.");
            ArrayBufferWriter<byte> text = new(UsualBytes);
            using (Utf8JsonWriter json = new(text))
                target.Function.Inspect(json);
            nuint needed = (nuint)text.WrittenCount + 1;
            if (neededBytes is not null)
                *neededBytes = needed;
            if (lengthBytes < needed)
            {
                if (lengthBytes != 0)
                    *buffer = 0;
                return LastError.Set(Status.Memory, $"The text needs {needed} bytes, and the buffer has {lengthBytes}.");
            }

            text.WrittenSpan.CopyTo(new Span<byte>(buffer, text.WrittenCount));
            buffer[text.WrittenCount] = 0;
            return Status.Ok;
        }
        catch (Exception e)
        {
            return LastError.From(e);
        }
    }
}
