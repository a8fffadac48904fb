namespace NvmeDoorbell.Controller;

/// <summary>The sections of saved state. Numbers are for ever; what is saved otherwise gets a new number.</summary>
internal enum StateSection : uint
{
    /// <summary>What the controller is made of, to be compared.</summary>
    Configuration = 1,

    /// <summary>Registers, and how far the controller has followed them.</summary>
    Registers = 2,

    /// <summary>The admin queue, commands that are not over, event requests and events.</summary>
    Admin = 3,

    /// <summary>The I/O queues.</summary>
    Queues = 4,

    /// <summary>Where shadow doorbells lie.</summary>
    ShadowDoorbells = 5,

    /// <summary>The features.</summary>
    Features = 6,

    /// <summary>Logs, health and counters.</summary>
    Logs = 7,

    /// <summary>Self-test results and the test under way.</summary>
    SelfTest = 8,

    /// <summary>Namespaces, with what their controllers share of them; sanitize.</summary>
    Namespaces = 9,

    /// <summary>Configuration space and MSI-X.</summary>
    Pci = 16,
}
