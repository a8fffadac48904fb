using NvmeDoorbell.Spec;

namespace NvmeDoorbell.Controller;

/// <summary>Executes an admin command on the admin task's turn. It never waits.</summary>
/// <param name="command">The command; the handler sets its result.</param>
/// <returns>
/// The status it ends with; null when it ends later, by <see cref="IAdminCompletion.Complete"/>. Do Not Retry is added
/// to every error by the caller.
/// </returns>
internal delegate StatusCode? AdminHandler(AdminCommand command);
