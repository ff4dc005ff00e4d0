"""Where the daemon listens: several addresses, IPv6, unix sockets, sockets of a service manager (rc-surface 2.14)."""
import fcntl
import json
import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "fixtures"))
import running  # noqa: E402 (after the path)
import wire  # noqa: E402


class Listening(running.DaemonTest):
    def setUp(self):
        self.folder = self.enterContext(running.tempfile.TemporaryDirectory(prefix="argosy-test-"))

    def noop(self, address):
        with wire.Connection(address) as connection:
            connection.send(wire.request("POST", "/rc/noop?a=1"))
            return json.loads(connection.receive().body)

    def urls(self, daemon):
        return re.findall(r"Serving remote control on (\S+)", daemon.output())

    def refused(self, *flags):
        run = subprocess.run([self.binary, "rcd", "--config", self.folder + "/rclone.conf", *flags], capture_output=True,
                             text=True, timeout=running.START_LIMIT)
        self.assertEqual(1, run.returncode, run.stderr)
        return run.stderr.strip().partition("Failed to start remote control: failed to init server: ")[2]

    def test_it_listens_at_every_address(self):
        path = self.folder + "/socket"
        daemon = self.start_daemon("--rc-addr", "localhost:0", "--rc-addr", path, "--rc-addr", ":0")
        urls = self.urls(daemon)
        self.assertEqual(4, len(urls))
        self.assertEqual("unix://" + path, urls[2])
        for url in urls:
            with self.subTest(url):
                address = url.removeprefix("unix://").removeprefix("http://")
                if not address.startswith("/"):
                    address = "127.0.0.1:" + address.rstrip("/").rpartition(":")[2]
                self.assertEqual({"a": "1"}, self.noop(address))
        self.assertEqual(["127.0.0.1:0", "localhost:0", path, ":0"], daemon.call("options/get")["rc"]["HTTP"]["ListenAddr"])

    def test_the_environment_gives_addresses_too(self):
        path = self.folder + "/socket"
        Path(self.folder, "rclone.conf").touch()
        daemon = running.RemoteControl([self.binary, "rcd", "--config", self.folder + "/rclone.conf"],
                                       {"RCLONE_RC_ADDR": f"127.0.0.1:0,{path}"})
        self.addCleanup(daemon.close)
        self.assertEqual({"a": "1"}, self.noop(path))

    @running.without_ipv6
    def test_ipv6(self):
        daemon = self.start_daemon("--rc-addr", "[::1]:0", "--rc-addr", ":0")
        one, every = self.urls(daemon)[1:]
        self.assertRegex(one, r"^http://\[::1\]:\d+/$")
        self.assertRegex(every, r"^http://\[::\]:\d+/$")
        port = every.rstrip("/").rpartition(":")[2]
        for address in [one.split("/")[2], f"127.0.0.1:{port}", f"[::1]:{port}"]:
            with self.subTest(address):
                self.assertEqual({"a": "1"}, self.noop(address))

    def test_the_base_url_is_part_of_the_address(self):
        daemon = self.start_daemon("--rc-baseurl", "/api/")
        self.assertTrue(self.urls(daemon)[0].endswith("/api/"))

    # -- unix sockets --------------------------------------------------------------------------------------------

    def test_a_unix_socket_belongs_to_its_daemon(self):
        path = self.folder + "/socket"
        daemon = self.start_daemon("--rc-addr", "unix://" + path)
        self.assertEqual({"a": "1"}, self.noop(path))
        self.assertEqual(0o777 & ~self.umask(), os.stat(path).st_mode & 0o777)

        daemon.close()

        self.assertFalse(os.path.lexists(path))

    def umask(self):
        mask = os.umask(0)
        os.umask(mask)
        return mask

    def test_a_socket_of_a_killed_daemon_is_taken_over(self):
        path = self.folder + "/socket"
        killed = self.start_daemon("--rc-addr", path)
        killed.end(signal.SIGKILL)
        self.assertTrue(os.path.lexists(path))

        self.start_daemon("--rc-addr", path)

        self.assertEqual({"a": "1"}, self.noop(path))

    def test_a_socket_in_use_is_not_taken(self):
        path = self.folder + "/socket"
        self.start_daemon("--rc-addr", path)
        self.assertEqual(f"listen unix {path}: bind: address already in use", self.refused("--rc-addr", path))
        self.assertEqual({"a": "1"}, self.noop(path))

    def test_another_file_is_not_taken_for_a_socket(self):
        path = Path(self.folder, "file")
        path.write_text("precious")
        self.assertEqual(f"listen unix {path}: bind: address already in use", self.refused("--rc-addr", str(path)))
        self.assertEqual("precious", path.read_text())

    def test_a_socket_that_was_replaced_is_left_alone(self):
        path = self.folder + "/socket"
        first = self.start_daemon("--rc-addr", path)
        os.unlink(path)
        self.start_daemon("--rc-addr", path)

        first.close()

        self.assertEqual({"a": "1"}, self.noop(path))

    def test_paths_that_cannot_be_are_refused(self):
        self.assertEqual(f"listen unix {self.folder}/none/x: bind: no such file or directory",
                         self.refused("--rc-addr", f"{self.folder}/none/x"))
        long = "/" + "x" * 200
        self.assertEqual(f"listen unix {long}: bind: invalid argument", self.refused("--rc-addr", long))

    def test_clients_use_it(self):
        path = self.folder + "/socket"
        self.start_daemon("--rc-addr", path)
        for command in [[self.binary, "rc", "--unix-socket", path, "rc/noop", "a=1"],
                        [running.needed("curl"), "-s", "--unix-socket", path, "-X", "POST", "http://localhost/rc/noop?a=1"]]:
            run = subprocess.run(command, capture_output=True, timeout=running.START_LIMIT)
            self.assertEqual({"a": "1"}, json.loads(run.stdout), run.stderr)

    # -- addresses that are none ---------------------------------------------------------------------------------

    def test_bad_addresses_are_named(self):
        for address, why in [("localhost", "listen tcp: address localhost: missing port in address"),
                             ("::1:80", "listen tcp: address ::1:80: too many colons in address"),
                             ("[::1", "listen tcp: address [::1: missing ']' in address"),
                             ("127.0.0.1:port", "listen tcp: lookup tcp/port: unknown port"),
                             ("127.0.0.1:70000", "listen tcp: address 70000: invalid port")]:
            with self.subTest(address):
                self.assertEqual(why, self.refused("--rc-addr", address))

    def test_one_bad_address_of_several_ends_the_start(self):
        path = self.folder + "/socket"
        with socket.create_server(("127.0.0.1", 0)) as taken:
            address = "127.0.0.1:%d" % taken.getsockname()[1]
            self.assertEqual(f"listen tcp {address}: bind: address already in use",
                             self.refused("--rc-addr", path, "--rc-addr", address))
        self.assertFalse(os.path.lexists(path))

    # -- sockets of a service manager ----------------------------------------------------------------------------

    def activated(self, sockets, *flags, names=None, pid=None):
        """A daemon to which these sockets are passed as systemd does it."""
        Path(self.folder, "rclone.conf").touch()
        # Out of the way of where they go to.
        copies = [fcntl.fcntl(each.fileno(), fcntl.F_DUPFD, 20) for each in sockets]
        become = f"""
import os, sys
for place, descriptor in enumerate({copies}):
    os.dup2(descriptor, 3 + place)
os.environ["LISTEN_PID"] = str({pid} or os.getpid())
os.environ["LISTEN_FDS"] = "{len(copies)}"
if {names!r}:
    os.environ["LISTEN_FDNAMES"] = {names!r}
os.execv(sys.argv[1], sys.argv[1:])
"""
        try:
            process = subprocess.Popen([sys.executable, "-c", become, os.path.abspath(self.binary), "rcd", "--rc-no-auth",
                                        "--config", self.folder + "/rclone.conf", *flags], pass_fds=copies,
                                       stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        finally:
            for copy in copies:
                os.close(copy)
        self.addCleanup(process.stderr.close)
        self.addCleanup(process.wait, running.STOP_LIMIT)
        self.addCleanup(process.terminate)
        return process

    def test_passed_sockets_are_used_instead_of_addresses(self):
        path = self.folder + "/socket"
        with socket.create_server(("127.0.0.1", 0)) as first, socket.socket(socket.AF_UNIX) as second:
            second.bind(path)
            second.listen()
            port = first.getsockname()[1]
            process = self.activated([first, second], "--rc-addr", "127.0.0.1:1", names="web:web")
        said = [process.stderr.readline().split(" on ")[-1].strip() for _ in range(2)]
        self.assertEqual(["sd-listen:web-0/", "sd-listen:web-1/"], said)
        for address in [f"127.0.0.1:{port}", path]:
            self.assertEqual({"a": "1"}, self.noop(address))
        process.terminate()
        self.assertEqual(0, process.wait(running.STOP_LIMIT))
        self.assertTrue(os.path.lexists(path))  # it is the service manager's

    def test_children_do_not_get_them(self):
        with socket.create_server(("127.0.0.1", 0)) as first:
            process = self.activated([first])
        process.stderr.readline()
        flags = int(re.search(r"flags:\s*(\d+)", Path(f"/proc/{process.pid}/fdinfo/3").read_text())[1], 8)
        self.assertTrue(flags & os.O_CLOEXEC)

    def test_sockets_for_another_process_are_not_touched(self):
        with socket.create_server(("127.0.0.1", 0)) as first:
            process = self.activated([first], "--rc-addr", "127.0.0.1:0", pid=1)
            self.assertIn("Serving remote control on http://127.0.0.1:", process.stderr.readline())

    def test_a_descriptor_that_is_no_listening_socket_ends_the_start(self):
        with socket.socket() as silent:
            process = self.activated([silent])
        self.assertIn("LISTEN_FD_3 is no stream socket that listens", process.stderr.read())
        self.assertEqual(1, process.wait(running.STOP_LIMIT))


if __name__ == "__main__":
    running.main()
