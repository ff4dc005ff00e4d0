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
        files = sorted([*Path("deploy").rglob("*.yml"), *Path("deploy").rglob("*.yaml"), *Path().glob("docker-compose*.yml")])
        self.assertGreaterEqual(len(files), 4)
        for file in files:
            with self.subTest(file=str(file)):
                self.assertTrue(all(yaml.safe_load_all(file.read_text())))


class Compose:
    """What holds for each of the compose files: FILE, NODES by service, CONFIGURATION of Prometheus."""

    def setUp(self):
        self.compose = read(self.FILE)
        self.services = self.compose["services"]

    def test_it_starts_the_daemons_with_prometheus_and_grafana(self):
        self.assertLessEqual({*self.NODES, "prometheus", "grafana"}, set(self.services))

    def test_the_daemons_serve_metrics_where_prometheus_looks(self):
        for node in self.NODES:
            self.assertIn("--rc-enable-metrics", self.services[node]["command"])
            self.assertIn("--rc-addr=:5572", self.services[node]["command"])
        scrape = read(f"deploy/prometheus/{self.CONFIGURATION}")["scrape_configs"][0]
        self.assertEqual("/metrics", scrape["metrics_path"])
        self.assertEqual([f"{node}:5572" for node in self.NODES], scrape["static_configs"][0]["targets"])
        self.assertIn(f"--config.file=/etc/prometheus/{self.CONFIGURATION}", self.services["prometheus"]["command"])

    def test_the_daemons_know_their_flags(self):
        for node in self.NODES:
            for value in self.services[node]["command"][1:]:
                self.assertIn(value.split("=")[0], running.flags_of(binary))

    def test_unreachable_hosts_are_given_up_soon(self):
        for node in self.NODES:
            self.assertEqual(2, self.services[node]["sysctls"]["net.ipv4.tcp_syn_retries"])

    def test_ports_are_published_once_and_on_loopback_only(self):
        published = [(name, port) for name, service in self.services.items() for port in service.get("ports", [])]
        for name, port in published:
            self.assertTrue(port.startswith("127.0.0.1:"), f"{name}: {port}")
        outside = [port.split(":")[1] for _, port in published]
        self.assertEqual(len(outside), len(set(outside)))

    def test_images_have_versions(self):
        for name, service in self.services.items():
            if "build" not in service:
                self.assertRegex(service["image"], r":(v?\d+\.\d+\.\d+|RELEASE\.[\dTZ-]+)$", name)

    def test_mounted_files_exist_and_named_volumes_are_declared(self):
        for name, service in self.services.items():
            for volume in service.get("volumes", []):
                source = volume.split(":")[0]
                if source.startswith("."):
                    self.assertTrue(Path(source).exists(), f"{name}: {source}")
                else:
                    self.assertIn(source, self.compose["volumes"], name)
            for secret in service.get("secrets", []):
                self.assertIn(secret, self.compose["secrets"], name)

    def test_services_that_are_waited_for_exist(self):
        for name, service in self.services.items():
            for other in service.get("depends_on", []):
                self.assertIn(other, self.services, name)

    def test_grafana_begins_with_a_dashboard_that_is_there(self):
        mounts = dict(volume.split(":")[:2][::-1] for volume in self.services["grafana"]["volumes"])
        folder = read("deploy/grafana/provisioning/dashboards/argosy.yml")["providers"][0]["options"]["path"]
        home = self.services["grafana"]["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]
        self.assertTrue(Path(home.replace(folder, mounts[folder])).is_file(), home)


class OneDaemon(Compose, unittest.TestCase):
    FILE, NODES, CONFIGURATION = "docker-compose.yml", ["argosy"], "prometheus.yml"


class ThreeNodes(Compose, unittest.TestCase):
    FILE, NODES, CONFIGURATION = "docker-compose.cluster.yml", ["node1", "node2", "node3"], "cluster.yml"

    def test_nodes_have_the_names_that_they_join_by(self):
        for node in self.NODES:
            service = self.services[node]
            self.assertEqual(node, service["hostname"])
            self.assertIn("--cluster-listen=0.0.0.0:5580", service["command"])
            joined = [value for value in service["command"] if value.startswith("--cluster-join=")]
            self.assertEqual(["--cluster-join=node1:5580", "--cluster-join=node2:5580"], joined)
            self.assertIn("--cluster-secret-file=/run/secrets/cluster", service["command"])

    def test_no_secret_stands_in_the_file(self):
        self.assertEqual({"cluster": {"environment": "ARGOSY_CLUSTER_SECRET"}}, self.compose["secrets"])

    def test_all_nodes_have_the_remote_that_minio_is(self):
        minio = self.services["minio"]["environment"]
        for node in self.NODES:
            remote = {name.removeprefix("RCLONE_CONFIG_STORE_"): value
                      for name, value in self.services[node]["environment"].items()}
            self.assertEqual({"TYPE": "s3", "PROVIDER": "Minio", "ENDPOINT": "http://minio:9000",
                              "ACCESS_KEY_ID": minio["MINIO_ROOT_USER"],
                              "SECRET_ACCESS_KEY": minio["MINIO_ROOT_PASSWORD"]}, remote)


class PrometheusConfiguration(unittest.TestCase):
    def test_promtool_accepts_it(self):
        for file in ("prometheus.yml", "cluster.yml"):
            run = subprocess.run([running.needed("promtool"), "check", "config", f"deploy/prometheus/{file}"],
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
