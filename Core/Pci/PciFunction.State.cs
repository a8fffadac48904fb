using System.Buffers;
using NvmeDoorbell.Controller;

namespace NvmeDoorbell.Pci;

/// <content>Save and restore.</content>
public sealed partial class PciFunction
{
    /// <summary>
    /// Writes the state of the function, whose controller is paused: what <see cref="NvmeController.Save"/> writes, with
    /// configuration space, the MSI-X table and pending bits.
    /// </summary>
    /// <param name="target">Receives the bytes.</param>
    /// <exception cref="InvalidOperationException">As <see cref="NvmeController.Save"/>.</exception>
    /// <exception cref="ObjectDisposedException">The function has been disposed.</exception>
    public void Save(IBufferWriter<byte> target)
    {
        ArgumentNullException.ThrowIfNull(target);
        StateWriter writer = Controller.GetState();
        writer.BeginSection(StateSection.Pci);
        lock (_lock)
        {
            _configuration.SetBits16(PciRegister.Status, InterruptStatus, false); // the device's own; it is computed
            _configuration.Save(writer);
            _msix.Save(writer);
        }
        writer.EndSection();
        StateFile.Write(writer, target);
    }

    /// <summary>
    /// Goes on where another function has been saved: as <see cref="NvmeController.Restore(ReadOnlySpan{byte})"/>, and
    /// leaves the controller paused as that does.
    /// </summary>
    /// <param name="state">What <see cref="Save"/> has written.</param>
    /// <exception cref="InvalidDataException">As <see cref="NvmeController.Restore(ReadOnlySpan{byte})"/>.</exception>
    /// <exception cref="InvalidOperationException">As <see cref="NvmeController.Restore(ReadOnlySpan{byte})"/>.</exception>
    /// <exception cref="ObjectDisposedException">The function has been disposed.</exception>
    public void Restore(ReadOnlySpan<byte> state)
    {
        var file = new StateFile(state);
        Controller.CheckConfiguration(file); // first: it has words for what the bytes of the function differ in
        StateReader reader = file.Read(StateSection.Pci);
        Action configuration = _configuration.Read(ref reader);
        Action msix = _msix.Read(ref reader);
        reader.End();
        Controller.Restore(file);
        lock (_lock)
        {
            configuration();
            msix();
            ApplyInterruptState();
        }
        PublishInterruptState();
    }
}
