"""The mixin: what is checked in is what jsonnet makes of it, its alerts fire when they should, and each has its runbook."""
import json
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import yaml

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "fixtures"))
import running  # noqa: E402 (after the path)

MIXIN = Path("deploy/mixin")
ALERTS = Path("deploy/prometheus/argosy-alerts.yml")
RULES = Path("deploy/prometheus/argosy-rules.yml")
CASES = Path("tests/deploy/alert_cases.jsonnet")
RUNBOOKS = Path("docs/runbooks")
SECTIONS = ["What it means", "What to look at", "How to end it", "How to silence it"]
FORMAT = ["-n", "2", "--max-blank-lines", "2", "--string-style", "s", "--comment-style", "s"]


def run(*command, folder=None):
    """What it writes; an AssertionError with all of it when it fails."""
    done = subprocess.run([running.needed(command[0]), *map(str, command[1:])], cwd=folder, capture_output=True, text=True)
    if done.returncode:
        raise AssertionError(f"{' '.join(map(str, command))}\n{done.stdout}{done.stderr}")
    return done.stdout


def evaluate(expression):
    """The value of an expression of jsonnet that may use `mixin`."""
    return json.loads(run("jsonnet", "-J", MIXIN, "-e", f"local mixin = import 'mixin.libsonnet'; {expression}"))


def alerts():
    return [rule for group in yaml.safe_load(ALERTS.read_text())["groups"] for rule in group["rules"]]


class Generated(unittest.TestCase):
    def test_checked_in_files_are_what_jsonnet_makes(self):
        with tempfile.TemporaryDirectory() as folder:
            run("scripts/mixin", folder)
            made = {file.relative_to(folder): file.read_text() for file in Path(folder).rglob("*") if file.is_file()}

        self.assertLessEqual({Path("prometheus/argosy-alerts.yml"), Path("prometheus/argosy-rules.yml")}, set(made))
        for name, text in made.items():
            self.assertEqual(text, Path("deploy", name).read_text(), f"{name}: run scripts/mixin")
        dashboards = {file.relative_to("deploy") for file in Path("deploy/grafana/dashboards").iterdir()}
        self.assertLessEqual(dashboards, set(made), "a dashboard that the mixin does not make")

    def test_sources_are_formatted(self):
        files = [*MIXIN.rglob("*sonnet"), *Path("tests/deploy").glob("*sonnet")]

        self.assertTrue(files)
        run("jsonnetfmt", "--test", *FORMAT, *files)

    def test_selectors_and_addresses_of_runbooks_can_be_set(self):
        config = """{ _config+:: { argosySelector: 'job="storage"', rcdSelector: 'job="storage"',
                                   runbookUrlPattern: 'https://wiki.example/%s', dashboardSelector: 'region="eu"' } }"""

        found = evaluate(f"""local m = mixin + {config};
                             {{ alerts: m.prometheusAlerts, rules: m.prometheusRules, dashboards: m.grafanaDashboards }}""")

        for kind in ("alerts", "rules"):
            for rule in (rule for group in found[kind]["groups"] for rule in group["rules"]):
                self.assertIn('job="storage"', rule["expr"])
                self.assertNotIn("argosy|rclone", rule["expr"])
                self.assertNotIn('job="argosy"', rule["expr"])
        for rule in (rule for group in found["alerts"]["groups"] for rule in group["rules"]):
            self.assertEqual(f"https://wiki.example/{rule['alert']}", rule["annotations"]["runbook_url"])
        for dashboard in found["dashboards"].values():
            for variable in dashboard["templating"]["list"][1:]:
                self.assertIn('region="eu"', variable["definition"])


class Rules(unittest.TestCase):
    def test_promtool_has_no_remark(self):
        run("promtool", "check", "rules", "--lint=all", "--lint-fatal", ALERTS, RULES)

    def test_alerts_fire_when_they_should_and_only_then(self):
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, ALERTS.name).write_text(ALERTS.read_text())
            files = run("jsonnet", "-m", folder, CASES).split()

            run("promtool", "test", "rules", *files)

            cases = [case for file in files for test in yaml.safe_load(Path(file).read_text())["tests"]
                     for case in test["alert_rule_test"]]
        names = {rule["alert"] for rule in alerts()}
        self.assertEqual(names, {case["alertname"] for case in cases if case.get("exp_alerts")}, "no case of firing")
        self.assertEqual(names, {case["alertname"] for case in cases if not case.get("exp_alerts")}, "no case of silence")

    def test_alerts_have_what_readers_of_them_need(self):
        for rule in alerts():
            with self.subTest(rule["alert"]):
                self.assertRegex(rule["alert"], r"^(Argosy|Rcd)([A-Z][a-z]+)+$")
                self.assertIn("for", rule)
                self.assertIn(rule["labels"]["severity"], ("critical", "warning", "info"))
                self.assertRegex(rule["annotations"]["summary"], r"^[A-Z][^.]*\.$")
                self.assertIn("{{ $labels.instance }}", rule["annotations"]["description"])


class Runbooks(unittest.TestCase):
    def test_each_alert_has_a_page_and_each_page_an_alert(self):
        self.assertEqual({rule["alert"] for rule in alerts()}, {page.stem for page in RUNBOOKS.glob("*.md")} - {"README"})

    def test_alerts_lead_to_their_pages(self):
        for rule in alerts():
            self.assertTrue(Path(rule["annotations"]["runbook_url"]).is_file(), rule["annotations"]["runbook_url"])

    def test_pages_say_what_it_means_what_to_look_at_and_how_to_silence_it(self):
        for rule in alerts():
            text = Path(RUNBOOKS, rule["alert"] + ".md").read_text()
            with self.subTest(rule["alert"]):
                self.assertEqual(rule["alert"], re.match(r"# (\w+)\n", text).group(1))
                self.assertEqual(SECTIONS, re.findall(r"^## (.*)$", text, re.M))
                self.assertIn(f"alertname={rule['alert']}", text)

    def test_the_list_of_pages_is_complete(self):
        severities = {rule["alert"]: rule["labels"]["severity"] for rule in alerts()}
        for page in (RUNBOOKS / "README.md", Path("docs/monitoring.md")):
            listed = re.findall(r"^\| \[(\w+)\]\((?:runbooks/)?\w+\.md\) \| (\w+) \|", page.read_text(), re.M)
            self.assertEqual(severities, dict(listed), str(page))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
