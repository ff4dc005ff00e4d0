"""Compose file, Prometheus configuration, Grafana provisioning and systemd unit, without Docker and without systemd."""
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import yaml

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "fixtures"))
import running  # noqa: E402 (after the path)

binary = None


def read(path):
    return yaml.safe_load(Path(path).read_text())


class Yaml(unittest.TestCase):
    def test_every_file_parses(self):
        files = sorted([*Path("deploy").rglob("*.yml"), *Path("deploy").rglob("*.yaml"), Path("docker-compose.yml")])
        self.assertGreaterEqual(len(files), 4)
        for file in files:
            with self.subTest(file=str(file)):
                self.assertIsNotNone(read(file))


class Compose(unittest.TestCase):
    def setUp(self):
        self.compose = read("docker-compose.yml")
        self.services = self.compose["services"]

    def test_it_starts_the_daemon_with_prometheus_and_grafana(self):
        self.assertLessEqual({"argosy", "prometheus", "grafana"}, set(self.services))

    def test_the_daemon_serves_metrics_where_prometheus_looks(self):
        self.assertIn("--rc-enable-metrics", self.services["argosy"]["command"])
        self.assertIn("--rc-addr=:5572", self.services["argosy"]["command"])
        scrape = read("deploy/prometheus/prometheus.yml")["scrape_configs"][0]
        self.assertEqual("/metrics", scrape["metrics_path"])
        self.assertEqual(["argosy:5572"], scrape["static_configs"][0]["targets"])

    def test_unreachable_hosts_are_given_up_soon(self):
        self.assertEqual(2, self.services["argosy"]["sysctls"]["net.ipv4.tcp_syn_retries"])

    def test_ports_are_published_on_loopback_only(self):
        for name, service in self.services.items():
            for port in service.get("ports", []):
                self.assertTrue(port.startswith("127.0.0.1:"), f"{name}: {port}")

    def test_images_have_versions(self):
        for name, service in self.services.items():
            if "build" not in service:
                self.assertRegex(service["image"], r":v?\d+\.\d+\.\d+$", name)

    def test_mounted_files_exist_and_named_volumes_are_declared(self):
        for name, service in self.services.items():
            for volume in service.get("volumes", []):
                source = volume.split(":")[0]
                if source.startswith("."):
                    self.assertTrue(Path(source).exists(), f"{name}: {source}")
                else:
                    self.assertIn(source, self.compose["volumes"], name)

    def test_services_that_are_waited_for_exist(self):
        for name, service in self.services.items():
            for other in service.get("depends_on", []):
                self.assertIn(other, self.services, name)


class PrometheusConfiguration(unittest.TestCase):
    def test_promtool_accepts_it(self):
        run = subprocess.run([running.needed("promtool"), "check", "config", "deploy/prometheus/prometheus.yml"],
                             capture_output=True, text=True)

        self.assertEqual(0, run.returncode, run.stdout + run.stderr)


class Grafana(unittest.TestCase):
    def setUp(self):
        self.services = read("docker-compose.yml")["services"]
        self.mounts = dict(volume.split(":")[:2][::-1] for volume in self.services["grafana"]["volumes"])

    def test_the_data_source_is_the_prometheus_of_the_compose_file(self):
        provisioned = read("deploy/grafana/provisioning/datasources/prometheus.yml")

        self.assertEqual(1, provisioned["apiVersion"])
        source, = provisioned["datasources"]
        self.assertEqual("prometheus", source["type"])
        self.assertTrue(source["isDefault"])
        self.assertEqual("http://prometheus:9090", source["url"])
        scraped = read("deploy/prometheus/prometheus.yml")["global"]["scrape_interval"]
        self.assertEqual(scraped, source["jsonData"]["timeInterval"])

    def test_dashboards_are_read_from_where_they_are_mounted(self):
        provisioned = read("deploy/grafana/provisioning/dashboards/argosy.yml")

        self.assertEqual(1, provisioned["apiVersion"])
        provider, = provisioned["providers"]
        folder = provider["options"]["path"]
        self.assertEqual("file", provider["type"])
        self.assertEqual("./deploy/grafana/dashboards", self.mounts[folder])
        self.assertEqual("./deploy/grafana/provisioning", self.mounts["/etc/grafana/provisioning"])
        home = self.services["grafana"]["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]
        self.assertTrue(Path(home.replace(folder, self.mounts[folder])).is_file(), home)


class SystemdUnit(unittest.TestCase):
    UNIT = Path("deploy/systemd/argosy.service")

    def settings(self, text):
        return dict(re.findall(r"^(\w+)=(.*)$", text, re.M))

    def test_it_runs_without_rights(self):
        settings = self.settings(self.UNIT.read_text())

        self.assertEqual("argosy", settings["User"])
        self.assertEqual("", settings["CapabilityBoundingSet"])
        self.assertEqual("yes", settings["NoNewPrivileges"])
        self.assertEqual("strict", settings["ProtectSystem"])

    def test_it_listens_on_loopback(self):
        self.assertRegex(self.settings(self.UNIT.read_text())["ExecStart"], r"--rc-addr=127\.0\.0\.1:5572\b")

    def test_systemd_accepts_it(self):
        if not shutil.which("systemd-analyze"):
            self.skipTest("systemd is not installed")
        with tempfile.TemporaryDirectory() as folder:
            unit = Path(folder, "argosy.service")
            # A program that exists on this machine; the account does not matter to the check.
            unit.write_text(self.UNIT.read_text().replace("/usr/local/bin/argosy", "/usr/bin/true"))

            verify = subprocess.run(["systemd-analyze", "verify", "--man=no", str(unit)], capture_output=True, text=True)
            security = subprocess.run(["systemd-analyze", "security", "--offline=true", "--threshold=20", str(unit)],
                                      capture_output=True, text=True)

        self.assertEqual(0, verify.returncode, verify.stderr)
        self.assertNotIn("argosy.service", verify.stderr)
        self.assertEqual(0, security.returncode, security.stdout[-500:] + security.stderr)


if __name__ == "__main__":
    binary = sys.argv[1]
    unittest.main(argv=sys.argv[:1], verbosity=2)
