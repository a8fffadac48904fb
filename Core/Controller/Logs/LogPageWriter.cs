using NvmeDoorbell.Spec;

namespace NvmeDoorbell.Controller;

/// <summary>Writes a log page for a Get Log Page command, on the admin task's turn.</summary>
/// <param name="command">The command.</param>
/// <param name="page">Zeroed, as long as the page is.</param>
/// <returns>Success, or why the command is refused.</returns>
internal delegate StatusCode LogPageWriter(AdminCommand command, Span<byte> page);
