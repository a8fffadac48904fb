using System.Net.Sockets;
using NvmeDoorbell.VfioUser.Transport;

namespace NvmeDoorbell.Tests.VfioUser;

/// <summary>The socket's file: whose it is, what it takes the place of, when it goes.</summary>
public sealed class SocketTests
{
    [Test]
    public void The_socket_is_for_its_owner_alone_and_goes_with_the_server()
    {
        using ServerFixture server = new();
        Assert.That(
            !OperatingSystem.IsWindows() && File.GetUnixFileMode(server.Path) == (UnixFileMode.UserRead | UnixFileMode.UserWrite),
            Is.True);
        server.Server.Stop();
        server.Join();
        Assert.That(File.Exists(server.Path), Is.False);
    }

    [Test]
    public void A_socket_that_nobody_listens_on_is_replaced()
    {
        using TemporaryFolder folder = new();
        string path = folder.PathOf("stale.sock");
        using (Socket dead = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            dead.Bind(new UnixDomainSocketEndPoint(path + ".bound"));
            File.Move(path + ".bound", path); // .NET removes the file of a socket that it closes
        }
        Assert.That(File.Exists(path), Is.True);
        using UnixListener listener = new(path);
        using VfioClient client = new(path);
    }

    [Test]
    public void A_socket_that_somebody_listens_on_is_left_alone()
    {
        using ServerFixture server = new();
        Assert.That(() => new UnixListener(server.Path), Throws.InstanceOf<IOException>());
        using VfioClient client = VfioClient.Connect(server.Path);
    }

    [Test]
    public void A_file_that_is_no_socket_is_left_alone()
    {
        using TemporaryFolder folder = new();
        string path = folder.PathOf("precious");
        File.WriteAllText(path, "data");
        Assert.That(() => new UnixListener(path), Throws.InstanceOf<IOException>());
        Assert.That(File.ReadAllText(path), Is.EqualTo("data"));
    }

    [Test]
    public void A_path_that_is_too_long_or_in_no_folder_is_told()
    {
        Assert.That(() => new UnixListener(new string('a', 200)), Throws.InstanceOf<IOException>());
        Assert.That(() => new UnixListener("/nowhere/at/all.sock"), Throws.InstanceOf<IOException>());
    }

    [Test]
    public void A_server_for_one_client_ends_with_it()
    {
        using ServerFixture server = new(once: true);
        new VfioClient(server.Path).Dispose(); // a connection is no client
        VfioClient.Connect(server.Path).Dispose();
        server.Join();
    }

    [Test]
    public void Clients_come_one_after_the_other()
    {
        using ServerFixture server = new();
        using VfioClient first = VfioClient.Connect(server.Path);
        using VfioClient second = new(server.Path);
        second.Send(VfioClient.Version, VfioClient.VersionPayload("{}"));
        Assert.That(second.Stream.CanReceive(timeoutMs: 50), Is.False);
        first.Dispose();
        Assert.That(second.Receive()!.Error, Is.Zero);
    }
}
