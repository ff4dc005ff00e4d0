"""The manifests for Kubernetes: typed as Kubernetes has it, fitting together, with flags and probes that the daemon knows."""
import copy
import os
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import yaml

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "fixtures"))
import npm  # noqa: E402 (after the path)
import running  # noqa: E402

FOLDER = Path("deploy/kubernetes")

binary = None


def objects():
    """kind/name -> object, of all files that the kustomization names."""
    files = yaml.safe_load(Path(FOLDER, "kustomization.yaml").read_text())["resources"]
    found = [one for file in files for one in yaml.safe_load_all(Path(FOLDER, file).read_text())]
    return {f"{one['kind']}/{one['metadata']['name']}": one for one in found}


class Manifests(unittest.TestCase):
    def setUp(self):
        self.objects = objects()
        self.set = self.objects["StatefulSet/argosy"]["spec"]
        self.pod = self.set["template"]["spec"]
        self.container, = self.pod["containers"]
        self.labels = self.set["template"]["metadata"]["labels"]
        self.ports = {port["name"]: port["containerPort"] for port in self.container["ports"]}

    def test_every_file_is_named_by_the_kustomization(self):
        named = yaml.safe_load(Path(FOLDER, "kustomization.yaml").read_text())["resources"]

        self.assertEqual({file.name for file in FOLDER.glob("*.yaml")} - {"kustomization.yaml"}, set(named))

    @npm.without_packages
    def test_they_have_the_types_of_kubernetes(self):
        wrong = copy.deepcopy(self.objects["StatefulSet/argosy"])
        wrong["spec"]["template"]["spec"]["containers"][0]["livenesProbe"] = {}
        given = {name.replace("/", "_"): one for name, one in self.objects.items()}

        said = npm.ask("check_manifests.mjs", {**given, "misspelt": wrong})

        self.assertTrue(said.pop("misspelt"), "the compiler checks nothing")
        self.assertEqual({name: [] for name in given}, said)

    def test_selectors_choose_the_pods(self):
        chosen = [self.set["selector"]["matchLabels"], self.objects["Service/argosy"]["spec"]["selector"],
                  self.objects["Service/argosy-nodes"]["spec"]["selector"],
                  self.objects["PodDisruptionBudget/argosy"]["spec"]["selector"]["matchLabels"],
                  self.objects["NetworkPolicy/argosy"]["spec"]["podSelector"]["matchLabels"],
                  self.pod["topologySpreadConstraints"][0]["labelSelector"]["matchLabels"]]

        for labels in chosen:
            self.assertEqual(self.labels, labels)

    def test_ports_have_the_names_that_services_and_policy_use(self):
        for name in ("Service/argosy", "Service/argosy-nodes"):
            for port in self.objects[name]["spec"]["ports"]:
                self.assertEqual(port["port"], self.ports[port["targetPort"]], name)
        allowed = [port["port"] for rule in self.objects["NetworkPolicy/argosy"]["spec"]["ingress"] for port in rule["ports"]]
        self.assertEqual(sorted(self.ports), sorted(allowed), "each port is open to somebody, and only to those")
        for rule in self.objects["NetworkPolicy/argosy"]["spec"]["ingress"]:
            self.assertTrue(rule["from"], "open to everybody")

    def test_nodes_find_each_other_by_the_headless_service(self):
        nodes = self.objects["Service/argosy-nodes"]
        joined = [value.split("=")[1] for value in self.container["args"] if value.startswith("--cluster-join=")]

        self.assertEqual(nodes["metadata"]["name"], self.set["serviceName"])
        self.assertEqual("None", nodes["spec"]["clusterIP"])
        self.assertTrue(nodes["spec"]["publishNotReadyAddresses"])
        self.assertEqual([f"argosy-{i}.argosy-nodes:{self.ports['cluster']}" for i in range(2)], joined)
        self.assertIn(f"--cluster-listen=0.0.0.0:{self.ports['cluster']}", self.container["args"])
        self.assertIn("--node=$(POD_NAME)", self.container["args"])

    def test_the_daemon_has_no_rights_and_asks_for_credentials(self):
        context = self.container["securityContext"]
        settings = [one["name"] for one in self.container["env"]]

        self.assertTrue(self.pod["securityContext"]["runAsNonRoot"])
        self.assertTrue(context["readOnlyRootFilesystem"])
        self.assertFalse(context["allowPrivilegeEscalation"])
        self.assertEqual(["ALL"], context["capabilities"]["drop"])
        self.assertFalse(self.pod["automountServiceAccountToken"])
        self.assertNotIn("--rc-no-auth", self.container["args"])
        self.assertLessEqual({"RCLONE_RC_USER", "RCLONE_RC_PASS"}, set(settings))

    def test_mounts_have_volumes_and_all_that_is_written_is_mounted(self):
        volumes = {volume["name"] for volume in self.pod["volumes"]} | {
            claim["metadata"]["name"] for claim in self.set["volumeClaimTemplates"]}
        mounts = {mount["mountPath"]: mount["name"] for mount in self.container["volumeMounts"]}

        self.assertEqual(volumes, set(mounts.values()))
        for value in self.container["args"]:
            path = re.search(r"=(/.*)$", value)
            self.assertTrue(not path or any(path[1].startswith(mount) for mount in mounts), value)

    def test_the_secret_has_the_keys_that_the_readme_makes(self):
        made = set(re.findall(r"--from-literal=([\w-]+)=", Path("deploy/README.md").read_text()))
        used = {one["valueFrom"]["secretKeyRef"]["key"] for one in self.container["env"] if "secretKeyRef" in one["valueFrom"]}
        used |= {item["key"] for volume in self.pod["volumes"] for item in volume.get("secret", {}).get("items", [])}

        self.assertEqual(made, used)

    def test_the_daemon_knows_the_flags(self):
        known = running.flags_of(binary)
        for value in self.container["args"][1:]:
            self.assertIn(value.split("=")[0], known)

    def test_probes_tell_a_daemon_that_lives_from_one_that_does_not(self):
        with tempfile.TemporaryDirectory(prefix="argosy-test-") as folder:
            daemon = running.Daemon(binary, folder, "--rc-user", "me", "--rc-pass", "secret", no_auth=False)
            self.addCleanup(daemon.close)
            settings = {**os.environ, "RCLONE_URL": daemon.url, "RCLONE_USER": "me", "RCLONE_PASS": "secret",
                        "PATH": f"{Path(binary).resolve().parent}:{os.environ['PATH']}"}

            def status(probe):
                return subprocess.run(self.container[probe]["exec"]["command"], env=settings, capture_output=True).returncode

            probes = ("startupProbe", "livenessProbe", "readinessProbe")
            self.assertEqual([0, 0, 0], [status(probe) for probe in probes])
            daemon.close()
            self.assertNotIn(0, [status(probe) for probe in probes])


if __name__ == "__main__":
    binary = sys.argv[1]
    unittest.main(argv=sys.argv[:1], verbosity=2)
