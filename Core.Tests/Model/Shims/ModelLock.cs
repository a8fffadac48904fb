namespace NvmeDoorbell.Model.Shims;

/// <summary>Stands for System.Threading.Lock: the lock statement then takes it for any object, and calls Monitor.</summary>
internal sealed class ModelLock
{
    public bool IsHeldByCurrentThread => Engine.World.Current.IsLockHeld(this);
}
