namespace NvmeDoorbell.Perf.Shapes;

/// <summary>
/// Rings of many doorbells. Implemented by structs whose <see cref="Ring"/> is not inlined, so that the generic loop
/// around it is compiled for each alone and pays one direct call, as the native loops do.
/// </summary>
internal interface IRinger
{
    bool Ring(int id, uint value);
}
