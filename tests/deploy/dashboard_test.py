"""The Grafana dashboard: well formed, and every query of it finds data in a real Prometheus that scrapes a real daemon."""
import itertools
import json
import re
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "fixtures"))
import running  # noqa: E402 (after the path)

DASHBOARDS = sorted(Path("deploy/grafana/dashboards").glob("*.json"))
DATA_LIMIT = 90  # seconds until every query must have found data
COLUMNS = 24     # width of Grafana's grid

# What Grafana puts in. The rate interval is as many scrapes as Grafana takes: four.
GRAFANA = {"__rate_interval": "4s", "__range": "60s", "__interval": "1s"}

# Queries that rightly find nothing in this test: (panel, part of the expression) -> reason.
MAY_BE_EMPTY = {}

binary = None


def load(path):
    return json.loads(path.read_text())


def panels_of(dashboard):
    """All panels, those inside collapsed rows too."""
    for panel in dashboard["panels"]:
        yield panel
        yield from panel.get("panels", [])


def targets_of(dashboard):
    for panel in panels_of(dashboard):
        for target in panel.get("targets", []):
            yield panel, target


def substituted(text, values):
    """The text with $name, ${name} and [[name]] replaced; an unknown name is an error."""
    def value(match):
        name = match.group(1) or match.group(2) or match.group(3)
        if name not in values:
            raise AssertionError(f"unknown variable ${name} in {text}")
        return values[name]
    return re.sub(r"\$(\w+)|\$\{(\w+)(?::\w+)?\}|\[\[(\w+)\]\]", value, text)


def overlap(a, b):
    return (a["x"] < b["x"] + b["w"] and b["x"] < a["x"] + a["w"]
            and a["y"] < b["y"] + b["h"] and b["y"] < a["y"] + a["h"])


class Shape(unittest.TestCase):
    """What Grafana would silently repair, or show wrongly."""

    def each(self):
        self.assertTrue(DASHBOARDS, "no dashboard found: the working directory must be the repository root")
        return map(load, DASHBOARDS)

    def test_identity(self):
        seen = set()
        for dashboard in self.each():
            self.assertEqual(39, dashboard["schemaVersion"])
            self.assertTrue(dashboard["title"])
            self.assertNotIn(dashboard["uid"], seen)
            self.assertIsNone(dashboard.get("id"), "an id belongs to one Grafana only")
            seen.add(dashboard["uid"])

    def test_panel_ids_are_unique(self):
        for dashboard in self.each():
            ids = [panel["id"] for panel in panels_of(dashboard)]
            self.assertEqual(len(ids), len(set(ids)))

    def test_titles_are_unique(self):
        for dashboard in self.each():
            titles = [panel["title"] for panel in panels_of(dashboard) if panel["type"] != "row"]
            self.assertEqual(sorted(set(titles)), sorted(titles))

    def test_panels_lie_within_the_grid_and_apart(self):
        for dashboard in self.each():
            places = [(panel["title"], panel["gridPos"]) for panel in dashboard["panels"]]
            for title, place in places:
                self.assertGreaterEqual(place["x"], 0, title)
                self.assertLessEqual(place["x"] + place["w"], COLUMNS, title)
            for (one, a), (other, b) in itertools.combinations(places, 2):
                self.assertFalse(overlap(a, b), f"{one} lies upon {other}")

    def test_every_panel_has_a_description_and_queries(self):
        for dashboard in self.each():
            for panel in panels_of(dashboard):
                if panel["type"] != "row":
                    self.assertTrue(panel.get("description"), panel["title"])
                    self.assertTrue(panel.get("targets"), panel["title"])

    def test_every_query_goes_to_the_chosen_data_source_and_instances(self):
        source = {"type": "prometheus", "uid": "${datasource}"}
        for dashboard in self.each():
            for panel, target in targets_of(dashboard):
                self.assertEqual(source, panel["datasource"], panel["title"])
                self.assertEqual(source, target["datasource"], panel["title"])
                for selector in re.findall(r"\b(?:rclone|argosy|go|process)_\w+(\{[^}]*\})?", target["expr"]):
                    self.assertIn('job=~"$job"', selector, target["expr"])
                    self.assertIn('instance=~"$instance"', selector, target["expr"])

    def test_query_names_are_unique_within_a_panel(self):
        for dashboard in self.each():
            for panel in panels_of(dashboard):
                names = [target["refId"] for target in panel.get("targets", [])]
                self.assertEqual(len(names), len(set(names)), panel["title"])

    def test_rates_span_the_rate_interval(self):
        for dashboard in self.each():
            for _, target in targets_of(dashboard):
                for function, span in re.findall(r"\b(rate|increase|irate|delta)\([^[]*\[([^\]]*)\]", target["expr"]):
                    self.assertIn(span, ("$__rate_interval", "$__range"), target["expr"])

    def test_variables(self):
        for dashboard in self.each():
            variables = {variable["name"]: variable for variable in dashboard["templating"]["list"]}
            self.assertEqual(["datasource", "job", "instance"], list(variables))
            self.assertEqual("datasource", variables["datasource"]["type"])
            self.assertEqual("prometheus", variables["datasource"]["query"])
            for name in ("job", "instance"):
                self.assertEqual("query", variables[name]["type"])
                self.assertEqual("${datasource}", variables[name]["datasource"]["uid"])
                self.assertEqual(variables[name]["definition"], variables[name]["query"]["query"])


class Queries(unittest.TestCase):
    """A daemon that has copied, failed and is copying now; a Prometheus beside it."""

    def test_every_query_and_variable_finds_data(self):
        with running.stack() as (keep, folder):
            daemon = running.Daemon(binary, folder)
            keep.callback(daemon.close)
            prometheus = running.Prometheus(folder, [daemon.address])
            keep.callback(prometheus.close)
            running.write_files(f"{folder}/small", 10, 1000)
            daemon.call("sync/copy", srcFs=f"{folder}/small", dstFs=f"{folder}/small-copy")
            daemon.fails("sync/copy", srcFs=f"{folder}/absent", dstFs=f"{folder}/absent-copy")
            # Slow enough to last as long as anybody looks: actors and connections are at work meanwhile.
            running.write_files(f"{folder}/large", 2, 32 << 20)
            daemon.call("core/bwlimit", rate="256k")
            job = daemon.call("sync/copy", srcFs=f"{folder}/large", dstFs=f"{folder}/large-copy", _async=True)["jobid"]
            values = {**GRAFANA, "job": "argosy", "instance": daemon.address}
            missing = list(self.wanted())

            def all_found():
                missing[:] = [key for key in missing if not self.finds(prometheus, key, values)]
                return not missing

            running.wait_for(all_found, DATA_LIMIT, lambda: "data for\n" + "\n".join(map(str, missing)))

            self.assertFalse(daemon.call("job/status", jobid=job)["finished"])
            daemon.call("job/stop", jobid=job)

    def wanted(self):
        """(where, query, legend) of each query and each variable that must find data."""
        for path in DASHBOARDS:
            dashboard = load(path)
            for panel, target in targets_of(dashboard):
                if not any(panel["title"] == title and part in target["expr"] for title, part in MAY_BE_EMPTY):
                    yield panel["title"], target["expr"], target["legendFormat"]
            for variable in dashboard["templating"]["list"]:
                if variable["type"] == "query":
                    yield "$" + variable["name"], variable["query"]["query"], ""

    def finds(self, prometheus, key, values):
        where, query, legend = key
        variable = re.fullmatch(r"label_values\((.*), *(\w+)\)", query)
        if variable:
            selector, label = variable.groups()
            found = prometheus.api(f"label/{label}/values", **{"match[]": substituted(selector, values)})
            return values[where[1:]] in found
        result = prometheus.api("query", query=substituted(query, values))["result"]
        labels = re.findall(r"\{\{(\w+)\}\}", legend)
        return any(all(series["metric"].get(label) for label in labels) for series in result)


if __name__ == "__main__":
    binary = sys.argv[1]
    unittest.main(argv=sys.argv[:1], verbosity=2)
